"""Which studies a look over time takes in, and which of their votes: it lives in the address."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.db.models import Sum
from django.http import QueryDict

from annotations.models import Block, ComparisonSlot, Generator, Protocol, Rater, Source, StudyState, Vote
from arena.results.filters import FilterRefused, Filters, choices, day
from arena.results.labels import EXCLUSION_LABELS, ON, SIMULATED_LABELS

# More studies than that no chart holds.
MOST = 20
# One generator fixes a scale, but only a second one can tell whether it holds.
ENOUGH_SHARED = 2
# In what the form sends: the generators that it let choose from. Whoever changes the studies beside them has
# not chosen those that come or go.
OFFERED = "offered"
_held: dict[str, frozenset[int]] = {}


@dataclass(frozen=True)
class Candidate:
    """A block of pairs that can take part; `key` names it in addresses."""

    key: str
    label: str
    block: Block
    generators: frozenset[str]
    votes: int

    @property
    def pid(self) -> str:
        return self.block.study.public_id

    @property
    def imported(self) -> bool:
        return self.block.study.source == Source.IMPORTED

    @property
    def since(self) -> datetime:
        """When it was launched, or imported."""
        return self.block.study.launched_at or self.block.study.created_at

    def shared_with(self, others: Iterable["Candidate"]) -> int:
        known: frozenset[str] = frozenset().union(*(o.generators for o in others if o.key != self.key))
        return len(self.generators & known)


@dataclass(frozen=True)
class Chosen:
    """A candidate at its time: the middle between its first and last vote, or the day that the address
    states."""

    candidate: Candidate
    at: datetime
    stated: str = ""


@dataclass(frozen=True)
class Asked:
    """What the address asks for; members in the order of time."""

    members: tuple[Chosen, ...] = ()
    simulated: str = "without"
    exclusions: str = ON
    category: str = ""
    anchors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    default_simulated: str = "without"

    @property
    def keys(self) -> list[str]:
        return [member.candidate.key for member in self.members]

    @property
    def shared(self) -> list[str]:
        """Generators of two of the studies at the least."""
        seen: dict[str, int] = {}
        for member in self.members:
            for name in member.candidate.generators:
                seen[name] = seen.get(name, 0) + 1
        return sorted(name for name, times in seen.items() if times > 1)

    @property
    def query(self) -> str:
        pairs = [("study", key) for key in self.keys]
        pairs += [(f"day_{m.candidate.key}", m.stated) for m in self.members if m.stated]
        if self.simulated != self.default_simulated:
            pairs.append(("simulated", self.simulated))
        if self.exclusions != ON:
            pairs.append(("exclusions", self.exclusions))
        if self.category:
            pairs.append(("category", self.category))
        pairs += [("anchor", name) for name in self.anchors]
        return f"?{urlencode(pairs)}" if pairs else ""

    def filters(self, member: Chosen) -> Filters:
        """The usual filter of a member, with what is asked of all."""
        block = member.candidate.block
        usual = choices(block.study, block.key).default
        return Filters(
            block=usual.block,
            panel=usual.panel,
            criterion=usual.criterion,
            simulated=self.simulated,
            exclusions=self.exclusions,
            category=self.category,
        )

    def words(self) -> list[str]:
        said = [SIMULATED_LABELS[self.simulated].lower()]
        if self.exclusions != ON:
            said.append(EXCLUSION_LABELS[self.exclusions].lower())
        if self.category:
            said.append(f"category {self.category}")
        if self.anchors:
            said.append(f"scale carried by {', '.join(self.anchors)}")
        return said


def candidates() -> list[Candidate]:
    """All blocks of pairs of launched or imported studies, newest first."""
    blocks = list(
        Block.objects.filter(protocol=Protocol.PAIRWISE)
        .exclude(study__state__in=(StudyState.DRAFT, StudyState.PREPARING))
        .select_related("study")
        .order_by("-study__created_at", "position")
    )
    held = _generators(blocks)
    studies = {block.study_id for block in blocks}
    votes = dict(
        Rater.objects.filter(study__in=studies).values_list("study").annotate(Sum("voted")).order_by()
    )
    labels = _labels(blocks)
    made = []
    for block in blocks:
        first = block.position == min(b.position for b in blocks if b.study_id == block.study_id)
        made.append(
            Candidate(
                key=block.study.public_id if first else f"{block.study.public_id}.{block.key}",
                label=labels[block.pk],
                block=block,
                generators=held[block.pk],
                votes=votes.get(block.study_id) or 0,
            )
        )
    return made


def _labels(blocks: Collection[Block]) -> dict[int, str]:
    """Each block as its study's name, told apart by as much as it takes from others of the same."""
    labels = {block.pk: block.study.name for block in blocks}
    for wider in (_with_title, _with_key):
        times = Counter(labels.values())
        labels = {b.pk: wider(b) if times[labels[b.pk]] > 1 else labels[b.pk] for b in blocks}
    return labels


def _with_title(block: Block) -> str:
    return f"{block.study.name} ({block.title or block.key}, {block.study.public_id[:6]})"


def _with_key(block: Block) -> str:
    return f"{block.study.name} ({block.title or block.key}, {block.key}, {block.study.public_id})"


def _generators(blocks: Collection[Block]) -> dict[int, frozenset[str]]:
    """Names of the generators by block. What a launched block compares is frozen, so it is asked for once."""
    new = {block.pk: block.public_id for block in blocks if block.public_id not in _held}
    found: dict[int, set[int]] = {pk: set() for pk in new}
    pairs = (
        ComparisonSlot.objects.filter(comparison__block__in=new, comparison__kind="regular")
        .order_by()
        .values_list("comparison__block", "generator")
        .distinct()
    )
    for block, generator in pairs if new else ():
        found[block].add(generator)
    _held.update({new[pk]: frozenset(ids) for pk, ids in found.items()})
    names = dict(Generator.objects.values_list("id", "name"))
    return {block.pk: frozenset(names[key] for key in _held[block.public_id]) for block in blocks}


def _times(study_id: int) -> tuple[datetime | None, datetime | None]:
    """When the first and the last vote came, from the ends of the index."""
    times = Vote.objects.filter(study_id=study_id, kind="regular").values_list("created_at", flat=True)
    return times.order_by("id").first(), times.order_by("-id").first()


def asked(query: QueryDict, known: list[Candidate]) -> Asked:
    """What an address asks for. What there is not is refused, never ignored."""
    by_key = {candidate.key: candidate for candidate in known}
    keys = list(dict.fromkeys(query.getlist("study")))
    for key in keys:
        if key not in by_key:
            raise FilterRefused(
                f"There is no study of pairs “{key[:60]}”.", mend="Choose studies from the list."
            )
    if len(keys) > MOST:
        raise FilterRefused(f"{len(keys)} studies are too many.", mend=f"Choose {MOST} at most.")
    members = sorted((_member(by_key[key], query) for key in keys), key=lambda m: (m.at, m.candidate.key))
    defaults = {choices(m.candidate.block.study, m.candidate.block.key).default.simulated for m in members}
    usual = "with" if defaults == {"with"} else "without"
    names = sorted({name for m in members for name in _categories(m.candidate)})
    found = Asked(
        members=tuple(members),
        simulated=_one_of(query, "simulated", list(SIMULATED_LABELS), usual),
        exclusions=_one_of(query, "exclusions", list(EXCLUSION_LABELS), ON),
        category=_category(query, names),
        categories=tuple(names),
        default_simulated=usual,
    )
    anchors = _anchors(query, found)
    for name in anchors:
        if name not in found.shared:
            raise FilterRefused(
                f"“{name[:60]}” is not shared by two of these studies.",
                mend=f"Choose among: {', '.join(found.shared) or 'none'}.",
            )
    return replace(found, anchors=() if set(anchors) == set(found.shared) else anchors)


def _anchors(query: QueryDict, found: Asked) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(query.getlist("anchor")))
    if OFFERED not in query:
        return chosen
    if set(chosen) >= set(filter(None, query.getlist(OFFERED))):
        return ()
    return tuple(name for name in chosen if name in found.shared)


def _category(query: QueryDict, names: list[str]) -> str:
    if OFFERED in query and query.get("category") not in names:
        return ""
    return _one_of(query, "category", ["", *names], "")


def _member(candidate: Candidate, query: QueryDict) -> Chosen:
    stated = day("day", query.get(f"day_{candidate.key}", ""))
    if stated:
        return Chosen(candidate, datetime.fromisoformat(stated).replace(hour=12, tzinfo=UTC), stated)
    first, last = _times(candidate.block.study_id)
    if first is None or last is None:
        return Chosen(candidate, candidate.since)
    return Chosen(candidate, first + (last - first) / 2)


def _categories(candidate: Candidate) -> list[str]:
    return list(
        candidate.block.study.prompts.order_by("category").values_list("category", flat=True).distinct()
    )


def _one_of(query: QueryDict, name: str, allowed: list[str], usual: str) -> str:
    value = query.get(name)
    if value is None or (value == "" and "" not in allowed):
        return usual
    if value not in allowed:
        raise FilterRefused(
            f"There is no {name} “{value[:60]}” here.",
            mend=f"Choose one of: {', '.join(filter(None, allowed[:12])) or 'none'}.",
        )
    return value


def related(pid: str, known: list[Candidate]) -> list[str]:
    """Keys of a study's first block of pairs, and of what shares enough generators with it, newest first."""
    own = next((candidate for candidate in known if candidate.pid == pid), None)
    if own is None:
        return []
    others = [
        candidate
        for candidate in known
        if candidate.pid != pid
        and candidate.votes
        and len(candidate.generators & own.generators) >= ENOUGH_SHARED
    ]
    return [own.key, *(candidate.key for candidate in others[: MOST - 1])]


def suggested(known: list[Candidate]) -> list[str]:
    """The largest set of studies around one that share enough with it; nothing where there is none."""
    groups = [related(candidate.pid, known) for candidate in known if candidate.votes]
    best = max(groups, key=len, default=[])
    return best if len(best) > 1 else []
