import pytest

from annotations.assignment.design import canonical, design_hash, digest


def test_the_order_of_keys_does_not_change_the_hash_but_a_value_does():
    assert design_hash({"a": 1, "b": [2, "ü"]}) == design_hash({"b": [2, "ü"], "a": 1})
    assert design_hash({"a": 1}) != design_hash({"a": 2})


def test_the_spelling_is_fixed():
    assert canonical({"b": "ü", "a": [1, None]}) == '{"a":[1,null],"b":"ü"}'
    with pytest.raises(ValueError):
        canonical(float("nan"))


def test_a_digest_hears_the_order_of_its_rows():
    assert digest([1, 2]) != digest([2, 1])
    assert digest([[1], [2]]) != digest([[1, 2]])
