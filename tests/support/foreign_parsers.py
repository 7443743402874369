"""Parses e-mails and calendar files in Node, independently of the libraries that write them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from tests.support.browsers import CLIENT, run_node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PARSE_MAILS = """
import fs from "node:fs";
import PostalMime from "postal-mime";
const [source, target] = process.argv.slice(1);
const parsed = [];
for (const raw of JSON.parse(fs.readFileSync(source))) {
  const mail = await PostalMime.parse(Buffer.from(raw, "base64"));
  const { from, to, replyTo, subject, headers } = mail;
  parsed.push({ from, to, replyTo, subject, names: headers.map(({ key }) => key) });
}
fs.writeFileSync(target, JSON.stringify(parsed));
"""
PARSE_CALENDARS = """
import fs from "node:fs";
import ICAL from "ical.js";
const [source, target] = process.argv.slice(1);
ICAL.design.strict = true;
const parsed = JSON.parse(fs.readFileSync(source)).map((raw) => {
  const calendar = new ICAL.Component(ICAL.parse(Buffer.from(raw, "base64").toString("utf8")));
  const [event, ...others] = calendar.getAllSubcomponents();
  const value = (name) => event.getFirstPropertyValue(name);
  const utc = (name) => value(name).toJSDate().toISOString();
  return {
    method: calendar.getFirstPropertyValue("method"),
    version: calendar.getFirstPropertyValue("version"),
    kind: event.name,
    others: others.length,
    uid: value("uid"),
    sequence: value("sequence"),
    status: value("status"),
    summary: value("summary"),
    url: value("url"),
    description: value("description"),
    location: value("location"),
    conferences: event.getAllProperties("conference").map((conference) => [
      conference.getFirstValue(), conference.getParameter("feature"),
      conference.getParameter("label"), conference.type,
    ]),
    organizer: value("organizer"),
    starts: utc("dtstart"),
    ends: utc("dtend"),
    attendees: event.getAllProperties("attendee").map((attendee) => [
      attendee.getFirstValue(), attendee.getParameter("cn") ?? null,
      attendee.getParameter("partstat"),
    ]),
  };
});
fs.writeFileSync(target, JSON.stringify(parsed));
"""


def parse_mails(folder: Path, raw: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the mailboxes, subjects and header names of e-mails, as postal-mime reads them."""
    return _parse(folder, PARSE_MAILS, raw)


def parse_calendars(folder: Path, raw: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the properties of one-event calendar files, as ical.js reads them in strict mode."""
    return _parse(folder, PARSE_CALENDARS, raw)


def _parse(folder: Path, script: str, raw: Sequence[bytes]) -> list[dict[str, Any]]:
    source, target = folder / "source.json", folder / "target.json"
    source.write_text(json.dumps([b64encode(each).decode() for each in raw]))
    done = run_node(CLIENT, "--input-type=module", "--eval", script, str(source), str(target))
    assert done.returncode == 0, done.stdout
    parsed: list[dict[str, Any]] = json.loads(target.read_text())
    return parsed
