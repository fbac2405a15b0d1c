"""The forms of a user name: written, compared, looked for; and that they are those of RFC 8265."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from precis_i18n import get_profile

from scimbridge.scim.usernames import comparable, forms, prepare

PRESERVED, MAPPED = get_profile("UsernameCasePreserved"), get_profile("UsernameCaseMapped")
NAMES = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("aA zZéÉ\u0301\u0308ｅＥ＠．ｶﾞ\u3000ßſİıǅΣσςﬁÅ\u212b각"),
    ),
    max_size=12,
)
TWO_FORMS = ("Éva", "É va", "Zoë.Ö@x.org", "각하", "ガ", "Ａda")


@given(NAMES)
@example("ｶﾞ")
@example("e\u0301")
def test_the_normal_form_is_a_form_that_stays(name):
    """Written again it is the same, and so is what is compared: nobody is renamed for ever."""
    assert prepare(prepare(name)) == prepare(name)
    assert comparable(comparable(name)) == comparable(name)
    assert comparable(prepare(name)) == comparable(name)


@given(NAMES)
@example("\u212b\u0323")
def test_equal_forms_compare_equal(name):
    """Composed, decomposed, and in each form that is looked for, a name is the same name."""
    for form in (unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name), *forms(name)):
        assert comparable(form) == comparable(name)
        assert prepare(form) == prepare(name)


@given(NAMES)
@example("Ａda.Lovelace@example.org")
@example("각")
def test_what_the_profile_takes_is_written_as_the_profile_says(name):
    """For every name that RFC 8265 allows the written form is that of UsernameCasePreserved."""
    try:
        right = PRESERVED.enforce(name)
    except UnicodeEncodeError:
        return  # the profile refuses it, and the bridge does not
    assert prepare(name) == right


@given(NAMES)
@example("ΣΑΣ")
@example("İda")
def test_what_the_profile_takes_is_compared_as_the_profile_says(name):
    """The compared form is that of UsernameCaseMapped, but that a sigma is one wherever it stands."""
    try:
        right = MAPPED.enforce(name)
    except UnicodeEncodeError:
        return
    assert comparable(name) == unicodedata.normalize("NFC", right.replace("ς", "σ"))


@given(st.text(st.characters(codec="ascii"), max_size=12))
def test_a_plain_name_is_as_it_is(name):
    """Names in ASCII have one form, their own, whatever they hold; their case does not count."""
    assert prepare(name) == name
    assert forms(name) == (name,)
    assert comparable(name) == name.lower()


@pytest.mark.parametrize("name", TWO_FORMS)
def test_a_name_with_two_forms(name):
    """The normal form comes first, and what was asked for is among them."""
    for asked in (name, unicodedata.normalize("NFD", name), unicodedata.normalize("NFC", name)):
        found = forms(asked)
        assert found[0] == prepare(name)
        assert asked in found
        assert len(set(found)) == len(found) > 1 or found == (asked,)


def test_letters_that_are_not_the_same_stay_two():
    """A sharp s is no double s, and a ligature no two letters: other people may have those names."""
    assert comparable("straße") != comparable("strasse")
    assert comparable("ﬁ") != comparable("fi")
    assert comparable("ada lovelace") != comparable("adalovelace")


def test_the_beginning_of_a_name_is_one_in_capitals_too():
    """In Greek the last letter of a word has a form of its own, which a beginning has not."""
    assert comparable("ΑΣΒ").startswith(comparable("ΑΣ"))
