"""Types words into the search of rendered documentation, in Chromium, and prints whether it finds a method of that name.

For each word it prints `ok WORD` or `FAIL WORD: …`, and `done` at the end.
"""

import argparse
import functools
import http.server
import json
import threading
import time

import webdriver

# How long the results of one word may take: the search loads its index in parts.
LIMIT = 20

# The links that the search shows, and the text on the page in case there are none.
RESULTS = """
const links = [...document.querySelectorAll("#search a, .search-results a")];
return {links: links.map(link => link.href), text: document.body.innerText.slice(0, 200)};
"""

# The page shows the input when its search button is used.
OPEN = """
const input = document.querySelector(".search-input");
const isShown = input !== null && input.offsetParent !== null;
if (!isShown) document.querySelector("#search-button a, #search-button")?.click();
return isShown;
"""

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def execute(driver, session, script):
    return driver.call("POST", f"{session}/execute/sync", {"script": script, "args": []})


def until(deadline, look):
    """Returns the first true result of `look`, or its last one."""
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def search(driver, session, page, word):
    driver.call("POST", f"{session}/url", {"url": page})
    deadline = time.monotonic() + LIMIT
    if not until(deadline, lambda: execute(driver, session, OPEN)):
        return "the page has no search input"
    selector = {"using": "css selector", "value": ".search-input"}
    element = driver.call("POST", f"{session}/element", selector)[ELEMENT]
    driver.call("POST", f"{session}/element/{element}/value", {"text": word})
    root = page.rsplit("/", 1)[0] + "/"

    def look():
        links = execute(driver, session, RESULTS)["links"]
        return [link for link in links if link.startswith(root) and f"#method.{word}" in link]

    if until(deadline, look):
        return None
    return f"no method of this crate is found: {json.dumps(execute(driver, session, RESULTS))[:400]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="the folder `doc` of cargo")
    parser.add_argument("name", help="the crate whose pages are searched")
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()
    files = functools.partial(Files, directory=options.folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/{options.name}/index.html"
    with webdriver.chromium() as (driver, session):
        for word in options.words:
            error = search(driver, session, page, word)
            print(f"FAIL {word}: {error}" if error else f"ok {word}", flush=True)
    print("done", flush=True)


main()
