"""The Chromium in which our pages are looked at."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

from config.setup import BROWSERS

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), BROWSERS[0])
WITHOUT = (
    # Three pages of the browser's own, made anew with each window: they take more than most of ours.
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
    # What Playwright turns off. The last list given counts, so these are named again.
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch",
)  # fmt: skip
ARGS = (
    "--no-sandbox",
    # Else the shell prints letters where a screen's dots would have them, and words fall apart.
    "--font-render-hinting=none",
    f"--disable-features={','.join(WITHOUT)}",
    # axe leaves much behind: fewer collections of garbage, and none on a thread of its own.
    "--js-flags=--single-threaded,--min-semi-space-size=32,--max-semi-space-size=64",
)


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
