"""A Chromium for the session, and pages in it that may neither load nor complain."""

import shutil

import pytest

from graphgrad.drawing.explore import explore

_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="session")
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "the tests marked `browser` need Chromium"
    from playwright import sync_api as api

    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=_SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, tmp_path):
    """Opens the page of a target; afterwards it must have made no request or error."""
    contexts, requests, complaints = [], [], []

    def opened(target, *, against=None, title="", **options):
        file = tmp_path / f"page{len(contexts)}.html"
        explore(target, file, against=against, title=title)
        options = {"viewport": {"width": 1300, "height": 850}} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready=true]", state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert len(requests) == len(contexts)
    assert all(url.startswith("file:///") for url in requests)
