"""The `velora` command."""


def main() -> None:
    """Entry point: run the command line."""
    from velora.cli.main import run

    run()
