"""What is said of PEM files that are not what they have to be: which file, and what is wrong with it."""

from __future__ import annotations

import base64

import pytest

from scimbridge.settings import pem


def refused(read, path):
    """Return why a file is refused."""
    with pytest.raises(ValueError, match=r".+") as caught:
        read(str(path))
    return str(caught.value)


@pytest.fixture
def write(tmp_path):
    def write(content):
        file = tmp_path / "some.pem"
        file.write_bytes(content)
        return file

    return write


def test_what_is_right_is_taken(pem_files):
    """Authorities, a chain and its key are taken, and a file that holds both too."""
    assert pem.authorities(str(pem_files / "ca.pem")) == pem_files / "ca.pem"
    chain, key = pem.certificate_chain(str(pem_files / "server.pem")), pem.private_key(str(pem_files / "server.key"))
    assert pem.unfitting(chain, key) is None


def test_a_chain_may_hold_its_key(pem_files, write):
    """Certificate and key may stand in one file."""
    both = write((pem_files / "server.key").read_bytes() + (pem_files / "server.pem").read_bytes())
    assert pem.unfitting(pem.certificate_chain(str(both)), None) is None


@pytest.mark.parametrize("read", [pem.authorities, pem.certificate_chain, pem.private_key])
def test_a_file_that_is_not_there_is_named(read, tmp_path):
    """A file that is missing, a folder and an empty file are told by their path."""
    assert f"{tmp_path}/missing cannot be read (No such file or directory)" in refused(read, tmp_path / "missing")
    assert f"{tmp_path} cannot be read (Is a directory)" in refused(read, tmp_path)
    (tmp_path / "empty").touch()
    assert f"{tmp_path}/empty is empty" in refused(read, tmp_path / "empty")


@pytest.mark.parametrize("read", [pem.authorities, pem.certificate_chain])
def test_what_is_no_certificate_is_told(read, pem_files, write):
    """A key, text, DER, and a certificate that is broken or cut off are each told as what they are."""
    whole = (pem_files / "ca.pem").read_bytes()
    assert "holds a private key and no certificate" in refused(read, pem_files / "server.key")
    assert "holds no whole certificate" in refused(read, write(b"hello"))
    assert "is DER and not PEM" in refused(read, write(base64.b64decode(b"".join(whole.splitlines()[1:-1]))))
    broken = whole.replace(whole.splitlines()[3], b"A" * 64)
    assert "certificate 2 in" in refused(read, write(whole + broken))
    assert "ends in the middle" in refused(read, write(whole + whole[:-40]))


def test_what_is_no_key_is_told(pem_files, write):
    """A certificate, a locked key and a broken one are each told as what they are, and nothing of them is shown."""
    assert "holds no private key but a certificate" in refused(pem.private_key, pem_files / "server.pem")
    assert "has a passphrase" in refused(pem.private_key, pem_files / "locked.key")
    whole = (pem_files / "server.key").read_bytes()
    told = refused(pem.private_key, write(whole.replace(whole.splitlines()[1], b"A" * 64)))
    assert "is malformed" in told
    assert "AAAA" not in told


def test_a_key_of_another_certificate_is_told_with_both_files(pem_files):
    """A key that does not belong to the certificate, and none at all, are told."""
    told = pem.unfitting(pem_files / "server.pem", pem_files / "other.key")
    assert f"{pem_files}/other.key is not that of the first certificate in {pem_files}/server.pem" in told
    assert "no other file is named" in pem.unfitting(pem_files / "server.pem", None)
