def plot(frame: object, indicators: object = (), path: object = None) -> object:
    return None
