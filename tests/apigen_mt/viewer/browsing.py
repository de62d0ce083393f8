"""A headless Chromium for tests: opens pages, presses keys, and says what a page complained of and asked for."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

WIDE, NARROW = (1280, 900), (390, 844)
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
LONGEST = 20.0
"""Seconds after which something that should come to pass has not."""


class Browser:
    """One tab. What is not there yet is waited for with `until`."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.size(*WIDE)

    def size(self, width: int, height: int) -> None:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def colours(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def open(self, url: str) -> float:
        """Open a page anew; the seconds until it can be used."""
        self.driver.get("about:blank")
        self.heard()
        start = time.perf_counter()
        self.driver.get(url)
        self.until("return document.documentElement.dataset.ready === 'true'")
        return time.perf_counter() - start

    def go(self, hash_: str) -> None:
        """Go to another place of the page that is open."""
        self.run("location.hash = arguments[0]", hash_)
        self.until("return location.hash === arguments[0]", hash_)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str, *arguments: Any) -> Any:
        """Wait until a script returns something true."""
        end = time.perf_counter() + LONGEST
        while not (found := self.run(script, *arguments)):
            assert time.perf_counter() < end, f"in vain: {script} {arguments}\n{self.text('#page')[:2000]}"
        return found

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def click(self, css: str) -> None:
        self.run("document.querySelector(arguments[0]).click()", css)

    def text(self, css: str) -> str:
        return str(self.run("return document.querySelector(arguments[0])?.innerText || ''", css))

    def texts(self, css: str) -> list[str]:
        found = self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())", css)
        return [str(text) for text in found]

    def choose(self, css: str, value: str) -> None:
        """Pick a value of a select."""
        script = "const one = document.querySelector(arguments[0]); one.value = arguments[1];"
        self.run(f"{script} one.dispatchEvent(new Event('change'))", css, value)

    def shot(self, path: Path) -> None:
        """A picture of the whole page, as far down as pictures go."""
        path.parent.mkdir(parents=True, exist_ok=True)
        width = int(self.run("return innerWidth"))
        height = min(3000, int(self.run("return document.documentElement.scrollHeight")))
        before = int(self.run("return innerHeight"))
        self.size(width, max(height, before))
        self.driver.save_screenshot(str(path))
        self.size(width, before)

    def complaints(self) -> list[str]:
        """What the page has written to its console since the last time, or a policy has kept from it."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def heard(self) -> list[str]:
        """The addresses that the page has asked for since the last time."""
        sent = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [one["params"]["request"]["url"] for one in sent if one["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if url != "about:blank"]

    def axe(self) -> list[str]:
        """What is serious or critical by axe-core."""
        self.run(f"{axe_core()}; window.axe = axe")
        script = """
            const done = arguments[arguments.length - 1];
            axe.run(document, {resultTypes: ["violations"]}).then((found) => done(found.violations
              .filter((one) => ["serious", "critical"].includes(one.impact))
              .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`)));
        """
        return [str(one) for one in self.driver.execute_async_script(script)]


def axe_core() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-core is not installed: make browser does it")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text("utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, or a test that is skipped."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: make browser does it")
    driver, program = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if driver is None or program is None:
        pytest.skip("no Chromium here (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.chrome.service.Service(driver)
    found = webdriver.Chrome(options=options, service=service)
    found.set_script_timeout(120)
    try:
        yield Browser(found)
    finally:
        found.quit()
