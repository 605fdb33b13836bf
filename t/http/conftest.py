"""Fixtures: a gateway, its providers, and what the others need from disk."""

import os
import pathlib
import shutil
import sys

import pytest

import gateway as gateways
import providers

sys.dont_write_bytecode = True


def pytest_configure(config):
    if gateways.MODULE and not pathlib.Path(gateways.MODULE).exists():
        raise pytest.UsageError("the module is not built: run make build, "
                                "or set AG_NGINX and AG_MODULE")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


def _failed(request):
    report = getattr(request.node, "report_call", None)
    return report is None or report.failed


class Factory:
    """Starts gateways and providers, and stops them at the test's end."""

    def __init__(self):
        self.gateways, self.others = [], []

    def provider(self, script, **kwargs):
        return self.own(providers.Provider(script, **kwargs))

    def own(self, thing):
        self.others.append(thing)
        return thing

    def make(self, provider=None, *, http=gateways.DEFAULT, **values):
        """A gateway that is configured but not started."""
        if provider is not None:
            values["provider"] = provider.url
        made = gateways.Gateway(http, **values)
        self.gateways.append(made)
        return made

    def __call__(self, provider=None, **kwargs):
        return self.make(provider, **kwargs).start()

    def stop(self, failed):
        problems = []
        for made in reversed(self.gateways):
            try:
                made.kill() if failed else made.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        for other in reversed(self.others):
            try:
                other.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        keep = os.environ.get("AG_KEEP")
        for made in self.gateways:
            if failed or problems:
                print(f"---- {made.prefix} error.log\n" + made.noteworthy())
            if not keep:
                made.remove()
        assert not problems, "\n".join(problems)


@pytest.fixture
def gateway(request):
    """Makes gateways for one test: gateway(provider) starts one."""
    factory = Factory()
    yield factory
    factory.stop(_failed(request))


@pytest.fixture(scope="module")
def shared():
    """Makes gateways that the tests of a file share."""
    factory = Factory()
    yield factory
    factory.stop(False)


@pytest.fixture
def provider(gateway):
    """Makes providers for one test: provider(script) starts one."""
    return gateway.provider


@pytest.fixture
def refused(gateway):
    """Runs nginx -t on a bad configuration and gives what it said."""

    def run(http, main="", **values):
        unready = gateway.make(http=http, main=main, **values)
        accepted, said = unready.check()
        assert not accepted, "nginx -t accepted it"
        return said

    return run


@pytest.fixture
def accepted(gateway):
    """Runs nginx -t on a good configuration."""

    def run(http, main="", **values):
        ready = gateway.make(http=http, main=main, **values)
        good, said = ready.check()
        assert good, said
        return said

    return run


@pytest.fixture(scope="session")
def team_files():
    """The folder of recorded answers and descriptions beside the tree."""
    path = pathlib.Path(os.environ.get("AG_SHARED",
                                       gateways.ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip("no ../shared beside the tree, and AG_SHARED is not set")
    return path


@pytest.fixture(scope="session")
def node_modules():
    """What t/node/package-lock.json locks, installed."""
    import nodes
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    return nodes.install()
