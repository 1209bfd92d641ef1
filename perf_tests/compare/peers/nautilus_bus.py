"""nautilus_trader's MessageBus, of 1.x and 2.x, for `perf_tests.compare.bus`."""

import sys
import time

from serve import serve

try:
    from nautilus_trader.common.component import MessageBus, TestClock
    from nautilus_trader.model.identifiers import TraderId

    def new_bus():
        return MessageBus(trader_id=TraderId("TESTER-001"), clock=TestClock())
except ImportError:
    from nautilus_trader.common import MessageBus
    from nautilus_trader.model import TraderId

    def new_bus():
        return MessageBus(TraderId("TESTER-001"))


TOPIC = "data.trades.VENUE.BTCUSDT"


class Subscriber:
    __slots__ = ()

    def on(self, message):
        pass


def main():
    times = int(sys.argv[1])
    bus, message = new_bus(), object()
    kept = [Subscriber() for _ in range(12)]
    bus.subscribe(TOPIC, kept[0].on)
    for one in kept[1:11]:
        bus.subscribe("ten", one.on)
    bus.subscribe("wild.*", kept[11].on)
    bus.register("endpoint", kept[0].on)
    topics = {"one": TOPIC, "ten": "ten", "wild": "wild.trades.BTCUSDT", "none": "nobody"}

    def run(workload):
        if workload == "send":
            send = bus.send
            began = time.perf_counter()
            for _ in range(times):
                send("endpoint", message)
        else:
            publish, topic = bus.publish, topics[workload]
            began = time.perf_counter()
            for _ in range(times):
                publish(topic, message)
        return {"seconds": time.perf_counter() - began}

    serve(run)


if __name__ == "__main__":
    main()
