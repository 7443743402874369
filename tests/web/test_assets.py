import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from web.assets import GRAPHIQL_PAGE, HashedFiles, accepted_codings, preload_links, read_page
from web.edge.headers import PAGE_POLICY
from web.pages.shell import PageParts, Shell, policy_with

SCRIPT = b"console.log('a script');" * 20
YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Folder of a built client with a compressed script, uncompressed files, and a page."""
    folder = tmp_path / "dist" / "assets" / "graphiql"
    folder.mkdir(parents=True)
    (folder / "main-1a2b.js").write_bytes(SCRIPT)
    (folder / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "main-1a2b.js.br").write_bytes(b"as if by brotli")
    (folder / "tiny-3c4d.css").write_bytes(b"a{}")
    (folder / "site-5e6f.webmanifest").write_bytes(b"{}")
    (folder / "notes.txt").write_bytes(b"of no known type")
    (tmp_path / "dist" / "secret.js").write_bytes(b"outside of the folder")
    (tmp_path / "dist" / "graphiql").mkdir()
    (tmp_path / "dist" / "graphiql" / "index.html").write_bytes(b"<!doctype html>")
    return tmp_path / "dist"


@pytest.fixture
def http(built: Path) -> httpx.AsyncClient:
    """HTTP client of an application that serves the built files."""
    app = Starlette(routes=[Mount("/assets", HashedFiles(built))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_hashed_files_are_cacheable_for_a_year(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/graphiql/tiny-3c4d.css", headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200
    assert answer.content == b"a{}"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == YEAR
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in answer.headers


async def test_web_manifest_has_its_own_media_type(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/graphiql/site-5e6f.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    assert "manifest-src 'self'" in PAGE_POLICY


@pytest.mark.parametrize(
    ("accepted", "coding", "length"),
    [
        ("gzip, deflate, br, zstd", "br", 15),
        ("gzip", "gzip", len(gzip.compress(SCRIPT))),
        ("br;q=0, gzip;q=0.5", "gzip", len(gzip.compress(SCRIPT))),
        ("identity", None, len(SCRIPT)),
        ("", None, len(SCRIPT)),
    ],
)
async def test_the_smallest_accepted_variant_is_sent(
    http: httpx.AsyncClient, accepted: str, coding: str | None, length: int
) -> None:
    """Compressed variants are sent with the media type of the original."""
    answer = await http.head("/assets/graphiql/main-1a2b.js", headers={"Accept-Encoding": accepted})
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-length"] == str(length)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_compressed_variant_decodes_to_the_original(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/graphiql/main-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert answer.content == SCRIPT


async def test_conditional_requests_get_304_for_each_variant(http: httpx.AsyncClient) -> None:
    path = "/assets/graphiql/main-1a2b.js"
    plain = await http.get(path, headers={"Accept-Encoding": "identity"})
    zipped = await http.get(path, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["etag"] != zipped.headers["etag"]
    again = await http.get(
        path, headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == YEAR
    assert again.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/graphiql",
        "/assets/graphiql/unknown-9z.js",
        "/assets/graphiql/main-1a2b.js.br",
        "/assets/graphiql/notes.txt",
        "/assets/%2e%2e/secret.js",
        "/assets/graphiql/..%2f..%2fsecret.js",
        "/assets/..%5csecret.js",
        "/assets/%2fsecret.js",
        "/assets/graphiql/%00.js",
    ],
)
async def test_paths_that_name_no_served_file_get_404(http: httpx.AsyncClient, path: str) -> None:
    """Folders, compressed variants, unknown types and paths outside the folder are not found."""
    answer = await http.get(path)
    assert answer.status_code == 404
    assert b"outside" not in answer.content


async def test_methods_other_than_get_and_head_are_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/assets/graphiql/main-1a2b.js")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        ("", {""}),
        ("gzip", {"gzip"}),
        ("GZIP;Q=1.0,  Br ; q=0.001", {"gzip", "br"}),
        ("br;q=0, gzip;q=0.000", set()),
    ],
)
def test_accept_encoding_is_parsed(header: str, codings: set[str]) -> None:
    """A weight of 0 excludes a content coding; letter case and spaces do not matter."""
    assert accepted_codings(header) == codings


def test_graphiql_page_is_revalidated_and_has_a_strict_content_policy(built: Path) -> None:
    page = read_page(GRAPHIQL_PAGE, built)
    assert page.body == b"<!doctype html>"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["vary"] == "Accept"
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert "://" not in PAGE_POLICY
    assert "unsafe-eval" not in PAGE_POLICY


def test_page_preloads_its_module_and_its_imports(built: Path) -> None:
    """Each file is preloaded only once, even if several modules import it."""
    chunks = {
        "main": {"file": "assets/main.js", "imports": ["shared"]},
        "page": {"file": "assets/page.js", "imports": ["shared", "main"]},
        "shared": {"file": "assets/shared.js", "imports": ["main"]},
        "other": {"file": "assets/other.js"},
    }
    (built / "app.json").write_text(json.dumps(chunks), "utf-8")
    assert preload_links("page", built) == (
        "</assets/main.js>; rel=modulepreload, </assets/page.js>; rel=modulepreload, "
        "</assets/shared.js>; rel=modulepreload"
    )


def test_page_says_that_emails_are_printed_if_there_is_no_mail_server(built: Path) -> None:
    page = '<html lang="en"><!-- head --><!-- /head --><!-- content --><!-- data -->'
    (built / "index.html").write_text(page, "utf-8")
    (built / "early.json").write_text("{}", "utf-8")
    request, parts = Request({"type": "http", "headers": []}), PageParts("de", "head")
    response = Shell(built, prints_mails=True).respond(request, parts)
    assert response.body == b'<html data-mails="printed" lang="de">head'
    assert Shell(built).respond(request, parts).body == b'<html lang="de">head'
    (built / "index.html").write_text("<html>", "utf-8")
    with pytest.raises(RuntimeError, match="no places"):
        Shell(built)


def test_early_script_is_inlined_in_its_page_if_the_page_has_data(built: Path) -> None:
    """The page's content security policy allows the script; other pages contain no such script."""
    page = '<html lang="en"><!-- head --><!-- /head --><!-- content --><!-- data -->'
    (built / "index.html").write_text(page, "utf-8")
    (built / "early.json").write_text('{"page": "early.js"}', "utf-8")
    (built / "early.js").write_text("show()", "utf-8")
    (built / "app.json").write_text('{"page": {"file": "page.js"}}', "utf-8")
    shell, request = Shell(built), Request({"type": "http", "headers": []})
    filled = shell.respond(request, PageParts("en", "", "", "{data}", "page"))
    assert bytes(filled.body).endswith(b"{data}<script>show()</script>")
    assert filled.headers["content-security-policy"] == policy_with(["show()"])
    assert filled.headers["link"] == "</page.js>; rel=modulepreload"
    assert b"script" not in shell.respond(request, PageParts("en", "", module="page")).body
    other = shell.respond(request, PageParts("en", "", "", "{data}"))
    assert b"script" not in other.body
    assert other.headers["content-security-policy"] == policy_with([])


def test_missing_client_build_is_reported_at_startup(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not built"):
        read_page(GRAPHIQL_PAGE, tmp_path)
    with pytest.raises(RuntimeError, match="does not exist"):
        HashedFiles(tmp_path)


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The build hook, loaded from its path as hatchling loads it."""
    path = Path(__file__).parents[2] / "web" / "client" / "build_hook.py"
    spec = importlib.util.spec_from_file_location("build_hook", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(tmp_path: Path, hook: ModuleType) -> Path:
    """Folder of client sources with the stamp files of finished builds."""
    (tmp_path / "graphiql").mkdir()
    for name in (*hook.SHARED, "graphiql/main.tsx", "README.md"):
        (tmp_path / name).write_text(f"content of {name}")
    (tmp_path / "dist").mkdir()
    for mode in hook.BUILDS:
        hook.stamp(tmp_path, mode).write_text(hook.sources_hash(tmp_path, mode))
    return tmp_path


def test_unchanged_sources_are_not_rebuilt(client: Path, hook: ModuleType) -> None:
    """New timestamps, and changes to files that no build reads, do not cause a rebuild."""
    (client / "graphiql" / "main.tsx").touch()
    (client / "README.md").write_text("changed")
    assert hook.stale_builds(client) == []


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        ("package-lock.json", ["app", "graphiql"]),
        ("vite.config.ts", ["app", "graphiql"]),
        ("graphiql/main.tsx", ["graphiql"]),
        ("src/main.tsx", ["app"]),
    ],
)
def test_changed_source_makes_dependent_builds_stale(
    client: Path, hook: ModuleType, name: str, stale: list[str]
) -> None:
    (client / name).parent.mkdir(exist_ok=True)
    (client / name).write_text("changed")
    assert hook.stale_builds(client) == stale


def test_generated_files_do_not_count_as_sources(client: Path, hook: ModuleType) -> None:
    generated = client / "src" / "api" / "gql" / "graphql.ts"
    generated.parent.mkdir(parents=True)
    generated.write_text("made")
    assert hook.stale_builds(client) == []


def test_added_removed_or_moved_source_triggers_a_rebuild(client: Path, hook: ModuleType) -> None:
    before = hook.sources_hash(client, "graphiql")
    (client / "graphiql" / "new.css").write_text("")
    added = hook.sources_hash(client, "graphiql")
    (client / "graphiql" / "new.css").rename(client / "graphiql" / "renamed.css")
    assert len({before, added, hook.sources_hash(client, "graphiql")}) == 3


def test_missing_or_unfinished_build_is_rebuilt(client: Path, hook: ModuleType) -> None:
    hook.stamp(client, "graphiql").unlink()
    assert hook.stale_builds(client) == ["graphiql"]


def test_failed_build_is_repeated(
    client: Path, hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed build is repeated even if the change that broke it has been reverted."""

    def fail(*_: object) -> None:
        raise hook.ClientNotBuiltError

    source = client / "graphiql" / "main.tsx"
    before = source.read_text()
    source.write_text("broken")
    monkeypatch.setattr(hook, "install_packages", lambda _: None)
    monkeypatch.setattr(hook, "run_node", fail)
    with pytest.raises(hook.ClientNotBuiltError):
        hook.build_client(client)
    source.write_text(before)
    assert hook.stale_builds(client) == ["graphiql"]


def test_build_failure_is_reported_in_one_line(hook: ModuleType) -> None:
    """The report contains the errors of the failed command, without the output before them."""
    npm = "npm warn old\n\nnpm error code ENOTFOUND\nnpm error syscall getaddrinfo\n"
    assert hook.reason(npm) == "npm error code ENOTFOUND npm error syscall getaddrinfo"
    vite = "vite v8\nerror during build:\nBuild failed with 1 error:\n\nCould not resolve x\n  at y"
    assert hook.reason(vite) == (
        "error during build: Build failed with 1 error: Could not resolve x"
    )
    assert hook.reason("\nKilled\n") == "Killed"
    assert hook.reason("") == "no output"
