/* The peer of `oracle`: price-time matching as it is written in C++ when it shall be fast and short. Each side is a
 * std::map of price to a queue, queues are linked through the orders, orders come from a pool, and a vector finds them
 * by id, which works because ids of the streams are dense. */
#include <functional>
#include <map>
#include <vector>

#include "order_stream.h"

namespace
{

struct Order {
    uint64_t id;
    uint32_t qty;
    uint8_t side;
    int64_t price;
    Order *ahead, *behind;
};

struct Queue {
    Order *first = nullptr, *last = nullptr;
};

struct Book {
    std::map<int64_t, Queue, std::greater<int64_t>> bids;
    std::map<int64_t, Queue> asks;
    std::vector<Order *> orders; // by id
    std::vector<Order *> spare;
    std::vector<Order *> blocks;
    std::vector<stream_line_t> reports;

    explicit Book(uint64_t id_max) : orders(id_max + 1)
    {
        reports.reserve(2 * STREAM_BATCH);
    }

    ~Book()
    {
        for (Order *block : blocks)
            delete[] block;
    }

    Order *take()
    {
        if (spare.empty()) {
            blocks.push_back(new Order[1024]);
            for (int at = 0; at < 1024; at++)
                spare.push_back(blocks.back() + at);
        }
        Order *order = spare.back();
        spare.pop_back();
        return order;
    }

    template <class Side, class Crosses> uint32_t sweep(Side &side, const stream_message_t &message, Crosses crosses)
    {
        uint32_t left = message.qty;
        while (left > 0 && !side.empty()) {
            auto best = side.begin();
            if (!crosses(best->first))
                break;
            Queue &queue = best->second;
            while (left > 0 && queue.first != nullptr) {
                Order &maker = *queue.first;
                uint32_t lots = left < maker.qty ? left : maker.qty;
                reports.push_back({LINE_TRADE, 0, lots, message.sequence, maker.id, message.order_id, best->first});
                left -= lots;
                maker.qty -= lots;
                if (maker.qty == 0) {
                    orders[maker.id] = nullptr;
                    queue.first = maker.behind;
                    (maker.behind != nullptr ? maker.behind->ahead : queue.last) = nullptr;
                    spare.push_back(&maker);
                }
            }
            if (queue.first == nullptr)
                side.erase(best);
        }
        return left;
    }

    uint32_t match(const stream_message_t &message)
    {
        int64_t limit = message.price;
        return message.side == 0 ? sweep(asks, message, [limit](int64_t price) { return price <= limit; })
                                 : sweep(bids, message, [limit](int64_t price) { return price >= limit; });
    }

    void rest(const stream_message_t &message, uint32_t left)
    {
        Queue &queue = message.side == 0 ? bids[message.price] : asks[message.price];
        Order *order = take();
        *order = {message.order_id, left, message.side, message.price, queue.last, nullptr};
        (queue.last != nullptr ? queue.last->behind : queue.first) = order;
        queue.last = order;
        orders[message.order_id] = order;
    }

    template <class Side> void unlink(Side &side, Order *order)
    {
        auto level = side.find(order->price);
        Queue &queue = level->second;
        (order->ahead != nullptr ? order->ahead->behind : queue.first) = order->behind;
        (order->behind != nullptr ? order->behind->ahead : queue.last) = order->ahead;
        if (queue.first == nullptr)
            side.erase(level);
        orders[order->id] = nullptr;
        spare.push_back(order);
    }

    void remove(Order *order)
    {
        if (order->side == 0)
            unlink(bids, order);
        else
            unlink(asks, order);
    }

    void on_message(const stream_message_t &message)
    {
        uint64_t sequence = message.sequence, id = message.order_id;
        Order *order = message.type == STREAM_NEW ? nullptr : orders[id];
        uint32_t left;
        switch (message.type) {
        case STREAM_NEW:
            reports.push_back({LINE_ACK, message.side, message.qty, sequence, id, 0, message.price});
            left = match(message);
            if (left > 0 && message.ioc)
                reports.push_back({LINE_CANCELED, message.side, left, sequence, id, 0, message.price});
            else if (left > 0)
                rest(message, left);
            break;
        case STREAM_CANCEL:
            if (order == nullptr) {
                reports.push_back({LINE_CANCEL_REJECTED, 0, 0, sequence, id, 0, 0});
                break;
            }
            reports.push_back({LINE_CANCELED, order->side, order->qty, sequence, id, 0, order->price});
            remove(order);
            break;
        default:
            if (order == nullptr) {
                reports.push_back({LINE_MODIFY_REJECTED, 0, 0, sequence, id, 0, 0});
                break;
            }
            reports.push_back({LINE_MODIFIED, message.side, message.qty, sequence, id, 0, message.price});
            remove(order);
            left = match(message);
            if (left > 0)
                rest(message, left);
        }
    }
};

} // namespace

static double run_pass(const stream_message_t *messages, uint32_t count, uint64_t id_max, FILE *text)
{
    Book book(id_max);
    double began = seconds_now();
    for (uint32_t from = 0; from < count; from += STREAM_BATCH) {
        uint32_t to = count - from < STREAM_BATCH ? count : from + STREAM_BATCH;
        for (uint32_t at = from; at < to; at++)
            book.on_message(messages[at]);
        if (text != nullptr)
            for (const stream_line_t &line : book.reports)
                text_add(text, &line);
        book.reports.clear();
    }
    return seconds_now() - began;
}
