// The form of a niche: keeps the sum of weights in sight. The server checks it in any case.

const form = document.querySelector("form[data-niche]");
const inputs = [...form.querySelectorAll("[data-weight]")];
const sum = form.querySelector("[data-sum]");
const said = form.querySelector("[data-sum-said]");

const show = () => {
  // In ten-thousandths: 0.1 + 0.2 is not 0.3 in binary.
  const total = inputs.reduce((parts, input) => parts + Math.round(10000 * (input.valueAsNumber || 0)), 0);
  const left = 10000 - total;
  sum.textContent = String(total / 10000);
  sum.classList.toggle("is-right", left === 0);
  said.textContent = left === 0 ? ", as it must be" : left > 0 ? `, ${left / 10000} to give` : `, ${-left / 10000} too much`;
};

form.addEventListener("input", show);
show();
