"""pip's configuration (index, certificates, proxy) as settings of uv, which reads none of it by itself."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Mapping

COUNTS = ("global", "install", ":env:")  # pip's order: the later wins


def read(pip: list[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the options that `pip install` is configured with, by name; without a pip, those in PIP_ variables."""
    if pip:
        listed = subprocess.run([*pip, "config", "list"], capture_output=True, env=dict(environ), check=False)
        if listed.returncode == 0:
            return parse(listed.stdout.decode("utf-8", "replace").splitlines())
    names = {name: name[4:].lower().replace("_", "-") for name in environ if name.startswith("PIP_")}
    return {option: environ[name] for name, option in names.items()}


def parse(lines: Iterable[str]) -> dict[str, str]:
    """Return the options in the lines of `pip config list` (section.option='value') that count for `pip install`."""
    found: dict[str, dict[str, str]] = {section: {} for section in COUNTS}
    for line in lines:
        name, equals, quoted = line.partition("=")
        section, dot, option = name.rpartition(".")
        if equals and dot and section in found:
            try:
                found[section][option] = str(ast.literal_eval(quoted))
            except (SyntaxError, ValueError):
                continue
    return {option: value for section in COUNTS for option, value in found[section].items()}


def for_uv(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that configure uv as pip is; what the person configured for uv itself is left as it is."""
    variables: dict[str, str] = {}
    if pip.get("index-url") and "UV_INDEX_URL" not in environ:
        variables["UV_DEFAULT_INDEX"] = pip["index-url"]
    if pip.get("extra-index-url") and "UV_EXTRA_INDEX_URL" not in environ:
        variables["UV_INDEX"] = " ".join(pip["extra-index-url"].split())
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip's way: the best version of all indexes
    if pip.get("find-links"):
        variables["UV_FIND_LINKS"] = ",".join(pip["find-links"].split())
    if pip.get("trusted-host"):
        variables["UV_INSECURE_HOST"] = " ".join(pip["trusted-host"].split())
    if pip.get("cert"):
        variables["SSL_CERT_FILE"] = pip["cert"]
    elif sys.platform in ("win32", "darwin"):
        variables.update(
            UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1"
        )  # as pip does there: a company's own certificate counts
    if pip.get("client-cert"):
        variables["SSL_CLIENT_CERT"] = pip["client-cert"]
    if pip.get("proxy"):
        proxy = pip["proxy"] if "://" in pip["proxy"] else "http://" + pip["proxy"]
        variables.update(
            {name: proxy for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")}
        )
    seconds = pip.get("timeout") or pip.get("default-timeout")
    if seconds:
        variables["UV_HTTP_TIMEOUT"] = str(max(1, round(float(seconds))))
    if pip.get("keyring-provider") in ("subprocess", "import"):
        variables["UV_KEYRING_PROVIDER"] = "subprocess"
    return {name: value for name, value in variables.items() if not (name.startswith("UV_") and name in environ)}


def flags_for_uv(pip: Mapping[str, str]) -> list[str]:
    """Return the options that uv takes on the command line alone."""
    return ["--no-index"] if pip.get("no-index", "").lower() in ("1", "true", "yes", "on") else []
