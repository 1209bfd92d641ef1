HOOK_NAMES: tuple[str, ...]
