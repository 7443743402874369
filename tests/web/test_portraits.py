"""Portraits are small, safe, well-formed pictures that depend on the slug alone."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.samples.people import sample_experts
from web.samples.portraits import portrait

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "title", "defs", "linearGradient", "stop", "g", "path", "circle", "ellipse", "rect"}


def test_the_same_slug_has_the_same_portrait() -> None:
    assert portrait("zoe-nunez") == portrait("zoe-nunez")


def test_experts_of_the_directory_look_different() -> None:
    """Among 2,000 experts hardly two share a portrait."""
    slugs = [expert.slug for expert in sample_experts(2_000, seed=1)]
    assert len({portrait(slug) for slug in slugs}) > 1_980


@pytest.mark.parametrize("slug", [expert.slug for expert in sample_experts(40, seed=3)])
def test_a_portrait_is_a_small_square_picture(slug: str) -> None:
    svg = portrait(slug)
    root = ET.fromstring(svg)  # noqa: S314 -- the project's own text
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 200 200"
    assert len(svg.encode()) <= 3_000


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_nothing_active_and_nothing_of_the_slug_is_inside(slug: str) -> None:
    """Whatever the slug: known shapes, no handlers, no outside references, no placeholders."""
    svg = portrait(slug)
    root = ET.fromstring(svg)  # noqa: S314 -- the project's own text
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWN
    attributes = [pair for element in root.iter() for pair in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or "href" in name]
    assert [value for _, value in attributes if "url(" in value] == ["url(#b)"]
    assert not [value for _, value in attributes if len(value) == 1 and value.isupper()]
    assert [element.text for element in root.iter() if element.text] == ["Portrait"]


def test_a_hostile_slug_stays_outside() -> None:
    assert "alert" not in portrait('"><script>alert(1)</script>')
