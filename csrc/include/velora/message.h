/* message.h: what travels between the local side and a venue: commands one way, reports and account events the other.
 *
 * The same structs travel in every mode; only the link that carries them differs. They hold what a real venue can say
 * and no more: what a simulated venue knows besides (evidence.h), and what a link does to a message (link.h), are not
 * in them. None has padding, so that a journal stores them as they are. */
#ifndef VELORA_MESSAGE_H
#define VELORA_MESSAGE_H

#include "velora/order.h"

VEL_C_BEGIN

enum {
    VEL_ACTION_NEW = 0,
    VEL_ACTION_AMEND = 1,
    VEL_ACTION_CANCEL = 2,
    VEL_ACTION_CANCEL_ALL = 3, /* of an instrument */
    VEL_ACTION_QUERY = 4       /* where does this order stand? Answered by a STATUS, or by the reports that were lost */
};

typedef struct vel_command {
    int64_t ts_sent; /* ns, local clock */
    int64_t order_id;
    vel_order_terms_t terms; /* of a new order; amend: the new price, quantity in total and trigger (0 keeps it) */
    int32_t instrument;
    int32_t account;
    int32_t strategy; /* whose order it is, of those that share the account: 0, 1 ... */
    uint32_t batch;   /* commands of one number travel as one message; 0: on its own */
    uint8_t action;
    uint8_t zero[7];
} vel_command_t;

static_assert(sizeof(vel_command_t) == 112, "commands are stored as they are");

/* Kinds of messages from a venue: reports about an order, then events of an account. */
enum {
    VEL_REPORT_ACK = 0,
    VEL_REPORT_FILL = 1,
    VEL_REPORT_CANCELED = 2,
    VEL_REPORT_REJECTED = 3,
    VEL_REPORT_EXPIRED = 4,
    VEL_REPORT_AMENDED = 5,
    VEL_REPORT_CANCEL_REJECTED = 6,
    VEL_REPORT_AMEND_REJECTED = 7,
    VEL_REPORT_FIRED = 8,    /* a trigger was reached; price: the trigger */
    VEL_REPORT_RELEASED = 9, /* an order held for its parent goes to work, or more of it: qty is what works now */
    VEL_REPORT_UNKNOWN = 10, /* of the link: no answer came in time; price: the VEL_ACTION_ of the command */
    VEL_REPORT_STATUS = 11,  /* answer to a query: the order is open with this price and qty in total; with reason
                                UNKNOWN_ORDER: the venue does not have it */
    VEL_REPORT_DENIED = 12,  /* of the gate: the command was not sent; price: the value, qty: the limit it is beyond */
    VEL_REPORT_KINDS = 13,

    VEL_ACCOUNT_FUNDING = 32,     /* amount paid for a position; qty: lots held */
    VEL_ACCOUNT_BALANCE = 33,     /* amount: the balance of the currency */
    VEL_ACCOUNT_POSITION = 34,    /* qty: lots that the venue says are held */
    VEL_ACCOUNT_TRANSFER = 35,    /* amount: credited, or debited where negative */
    VEL_ACCOUNT_LIQUIDATION = 36, /* the venue closed qty lots (signed) at a price; amount: the fee, negative is paid */
    VEL_ACCOUNT_LAST = 36
};

/* A report about an order. */
typedef struct vel_report {
    int64_t ts_venue; /* ns, venue clock */
    int32_t instrument;
    int32_t account;
    uint8_t kind; /* VEL_REPORT_ */
    uint8_t side;
    uint8_t maker;
    uint8_t reason;
    int32_t fee_currency; /* of a fill: as of vel_money_spec_t.currency */
    int64_t order_id;
    int64_t trade_id; /* the venue's, of a fill; unique for its instrument, 0 where the venue gives none */
    int64_t price;    /* ticks: of the fill, or the order's after an amend */
    int64_t qty;      /* lots: of the fill, or the order's total after an amend */
    int64_t fee;      /* money units, positive is paid */
} vel_report_t;

/* What happens to an account without a command. */
typedef struct vel_account_event {
    int64_t ts_venue;   /* ns, venue clock */
    int32_t instrument; /* -1 where it is about none */
    int32_t account;
    uint8_t kind; /* VEL_ACCOUNT_ */
    uint8_t zero[3];
    int32_t currency;
    int32_t strategy; /* whose share of the account it is, -1 where the venue's account is not shared out */
    int32_t zero2;
    int64_t event_id; /* the venue's, 0 where it gives none */
    int64_t amount;   /* money units, positive is credited */
    int64_t qty;      /* lots, signed */
    int64_t price;    /* ticks */
} vel_account_event_t;

static_assert(sizeof(vel_report_t) == 64 && sizeof(vel_account_event_t) == 64, "messages are stored as they are");

/* Either of them: both begin with the same fields, and the kind says which. */
typedef union vel_message {
    struct {
        int64_t ts_venue;
        int32_t instrument;
        int32_t account;
        uint8_t kind;
    } head;
    vel_report_t report;
    vel_account_event_t event;
} vel_message_t;

static inline bool vel_message_is_report(const vel_message_t *message)
{
    return message->head.kind < VEL_REPORT_KINDS;
}

VEL_C_END

#endif
