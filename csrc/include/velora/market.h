/* market.h: one instrument as the local side sees it: its book, its quotes, the marks of its positions, the lots of own
 * orders in it and estimates of their queue positions, and the routes of its events to strategies. */
#ifndef VELORA_MARKET_H
#define VELORA_MARKET_H

#include "velora/book_l2.h"
#include "velora/candle.h"
#include "velora/fusion.h"
#include "velora/mark.h"
#include "velora/money.h"
#include "velora/ours.h"
#include "velora/queue_tracker.h"
#include "velora/route.h"

VEL_C_BEGIN

/* What a row or report may call for; bits of a wake. */
enum {
    VEL_WAKE_TRADE = 1,
    VEL_WAKE_QUOTE = 2,
    VEL_WAKE_BOOK = 4,
    VEL_WAKE_GAP = 8,
    VEL_WAKE_FUNDING = 16,
    VEL_WAKE_ORDER = 32,
    VEL_WAKE_FILL = 64,
    VEL_WAKE_TIMER = 128
};

typedef struct vel_market {
    vel_book_t book;
    vel_fusion_t fusion;         /* used when is_fused */
    vel_ours_t ours;             /* our resting orders, as far as reports have said */
    vel_queue_tracker_t tracker; /* estimates of their queue positions, when tracks_queue */
    vel_money_spec_t money;
    int64_t quote_price[2]; /* ticks, of the last quote */
    int64_t quote_qty[2];   /* lots */
    int64_t quote_ts_event; /* ns */
    int64_t quote_ts_recv;
    vel_known_t known;               /* what marks a position while the book shows less than both sides */
    int64_t marks[VEL_MARK_SOURCES]; /* samples of open positions by what marked them */
    int64_t mark_age_max;            /* ns, the largest of them */
    int64_t rows;
    vel_routes_t routes[VEL_ROUTES];
    vel_candles_t candles; /* borrowed: those under way */
    uint32_t wake_mask;    /* VEL_WAKE_ bits of the routes there are */
    uint32_t filter_mask;  /* those of them with a filter */
    uint8_t is_quote_fed;  /* no depth in the data: QUOTE rows make a one-level book */
    uint8_t is_fused;      /* QUOTE rows newer than the book move its top: see fusion.h */
    uint8_t tracks_queue;  /* queue positions of own orders are estimated */
    uint8_t has_quotes;    /* QUOTE rows were seen; until then a change of the book's top is a quote */
    uint8_t is_halted;     /* the venue's last STATUS row said so */
} vel_market_t;

/* VEL_OK or VEL_ENOMEM; vel_market_free is allowed in both cases. */
int vel_market_init(vel_market_t *market);
void vel_market_free(vel_market_t *market);

/* The data has quotes and no depth. Before the first row. */
void vel_market_quote_fed(vel_market_t *market);

/* A level update of a book that is fused or tracked. VEL_OK or a negative status. */
int vel_market_set_level(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t now);

/* Everything of a feed row but the plain level update, at a local time. Returns wake bits, or a negative status. */
int vel_market_on_row_slow(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t now);

/* Mark of a position, see mark.h. */
vel_mark_t vel_market_mark(const vel_market_t *market, int64_t lots, int64_t now);

/* Lots of others at a price, -1 when the book does not show the level and cannot say that it is empty. */
int64_t vel_market_others_at(const vel_market_t *market, uint8_t side, int64_t price);

/* Queue position of an own order as far as it is known here; whether it is tracked and has joined a queue. */
bool vel_market_queue_position(const vel_market_t *market, int64_t id, vel_tracked_position_t *position);

/* A route of an instrument, after those of the same kind that are there; VEL_OK or VEL_ENOMEM. */
int vel_market_route_add(vel_market_t *market, int32_t kind, int32_t strategy, int32_t target, vel_filter_t *filter);
void vel_market_routes_clear(vel_market_t *market);

/* The woken kinds of a row that pass the filter of some route: `wakes` less the kinds that pass none. */
int vel_market_filter(vel_market_t *market, uint32_t wakes, const vel_columns_t *columns, int64_t row, int64_t now);

VEL_C_END

#endif
