"""Debian's Chromium, headless, as the browser of a user who opens the wrong page."""
import shutil
import subprocess
import tempfile

import pytest

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         # Recent versions keep public pages away from loopback by themselves; older ones do not.
         "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,"
         "PrivateNetworkAccessSendPreflights,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
         "--disable-popup-blocking")


def require_chromium():
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed: scripts/install-packages test")


class Browser:
    """Has one page open. names: what the user's resolver answers, name to address."""

    def __init__(self, url, names):
        self.profile = tempfile.mkdtemp(prefix="tandem-chromium-")
        rules = ", ".join(f"MAP {name} {address}" for name, address in names.items())
        self.process = subprocess.Popen(
            ["chromium", *FLAGS, f"--user-data-dir={self.profile}",
             f"--host-resolver-rules={rules}", "--remote-debugging-port=0", url],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
