import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importing.archive import Archive, DamagedMember
from annotations.importing.opened import check, opened
from annotations.importing.pictures import Limits
from annotations.importing.problems import Problems, Unreadable
from tests.pictures import csv_text, encoded, files_for, rows, zip_with_manifest, zipped

LIMITS = Limits(1_000_000, 1_000_000)


def problems_of(path, manifest=None):
    with opened(manifest or path, path) as bundle:
        check(bundle, LIMITS, lambda done, total: None)
        return bundle.problems


def reasons(path):
    problems = Problems()
    Archive(path, problems).close()
    return [p.reason for p in problems.errors]


@pytest.mark.parametrize("top", ["", "my study/", "a/b/c/"])
def test_one_zip_with_manifest_and_images_is_enough_however_it_was_nested(tmp_path, top):
    assert problems_of(zip_with_manifest(tmp_path / "all.zip", top=top)).errors == []


def test_images_are_found_below_a_folder_that_the_manifest_does_not_know(tmp_path):
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(csv_text(rows()))
    path = zipped(tmp_path / "images.zip", {f"export-1/{k}": v for k, v in files_for(rows()).items()})
    assert problems_of(path, manifest).errors == []


def test_a_name_that_two_files_end_with_is_not_guessed(tmp_path):
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(csv_text(rows()[:1]))
    name = rows()[0]["image"]
    path = zipped(tmp_path / "images.zip", {f"x/{name}": encoded(), f"y/{name}": encoded()})
    assert "several files in the ZIP end so" in problems_of(path, manifest).errors[0].reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("C:/windows/x.png", "absolute"),
        ("../../x.png", "leads out"),
        ("a/../../x.png", "leads out"),
        ("..\\x.png", "backslash"),
        ("a\x01.png", "control characters"),
    ],
)
def test_a_member_that_would_leave_the_archive_is_refused(tmp_path, name, reason):
    assert reason in reasons(zipped(tmp_path / "z.zip", {name: b"x"}))[0]


@pytest.mark.parametrize(
    ("kind", "reason"), [(stat.S_IFLNK, "symbolic link"), (stat.S_IFIFO, "not a plain file")]
)
def test_links_and_devices_are_refused(tmp_path, kind, reason):
    info = zipfile.ZipInfo("images/link.png")
    info.external_attr = (kind | 0o777) << 16
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert reason in reasons(path)[0]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"images/a.png": bytes(30_000_000)})
    assert path.stat().st_size < 100_000
    assert "unpacks to 30 MB" in reasons(path)[0]


def test_a_member_that_lies_about_its_size_is_not_read_beyond_it(tmp_path):
    path = zipped(tmp_path / "liar.zip", {"a.png": bytes(5_000_000)})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    path.write_bytes(data)
    archive = Archive(path, Problems())
    with pytest.raises(DamagedMember):
        archive.read("a.png", 1000)
    archive.close()


def test_an_encrypted_member_is_refused(tmp_path):
    path = zipped(tmp_path / "secret.zip", {"a.png": encoded()})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    assert reasons(path) == ["“a.png”: it is encrypted"]


def test_an_archive_that_claims_a_million_files_is_not_even_opened(tmp_path):
    path = tmp_path / "many.zip"
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, 46 * 10**6, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    path.write_bytes(
        end + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 0, 0)
    )
    with pytest.raises(Unreadable, match="1,000,000 files"):
        Archive(path, Problems())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_one_archive_is_refused(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"1")
        archive.writestr("a.png", b"2")
    assert "twice" in reasons(path)[0]


def test_what_systems_leave_in_archives_is_passed_over(tmp_path):
    members = {"__MACOSX/._a.png": b"x", "images/.DS_Store": b"x", "empty/": b""}
    archive = Archive(zipped(tmp_path / "z.zip", members), Problems())
    assert archive.members == {}
    archive.close()


@pytest.mark.parametrize(
    ("members", "reason"),
    [({"a.png": b"x"}, "no manifest"), ({"a.csv": b"x", "b.csv": b"y"}, "several manifests")],
)
def test_an_archive_without_one_clear_manifest_says_so(tmp_path, members, reason):
    path = zipped(tmp_path / "z.zip", members)
    with pytest.raises(Unreadable, match=reason), opened(path):
        pass


@pytest.mark.long
@given(st.integers(0, 2500), st.binary(max_size=30), st.booleans())
def test_whatever_happens_to_an_archive_the_answer_is_a_reason(tmp_path_factory, at, junk, cut):
    folder = tmp_path_factory.getbasetemp()
    base = zip_with_manifest(folder / "good.zip", rows(["p1"])).read_bytes()
    path = folder / "bad.zip"
    path.write_bytes(base[:at] + junk + (b"" if cut else base[at + len(junk) :]))
    told = []
    try:
        with opened(path) as bundle:
            check(bundle, LIMITS, lambda done, total: None)
            told = [(p.reason, p.mend) for p in bundle.problems.errors]
    except Unreadable as error:
        told = [(error.reason, error.mend)]
    assert all(reason and mend for reason, mend in told)
