/* Checks of reports from a journal or an exchange. Their ids index arrays, so they are checked first. */
#include "velora/local.h"

static bool is_reason(uint8_t reason)
{
    return reason <= VEL_REASON_UNKNOWN_BOOK || (reason >= VEL_REASON_INVALID && reason <= VEL_REASON_ALL) ||
           reason == VEL_REASON_NO_PRICE;
}

static bool has_fields(const vel_local_t *local, const vel_report_t *report)
{
    return report->kind <= VEL_REPORT_FUNDING && report->instrument >= 0 &&
           report->instrument < local->instruments_count && report->side <= VEL_NO_SIDE && is_reason(report->reason) &&
           report->cause <= VEL_CAUSE_CANDLE && report->maker <= 1 && vel_is_time(report->ts_venue);
}

int vel_local_check_report(const vel_local_t *local, const vel_report_t *report)
{
    if (!has_fields(local, report))
        return VEL_EINVAL;
    if (report->kind == VEL_REPORT_FUNDING) /* its id and quantity say how much was held */
        return report->strategy >= 0 && report->strategy < local->strategies_count ? VEL_OK : VEL_EINVAL;
    if (report->order_id == 0) /* a rejected cancel of all orders */
        return report->kind == VEL_REPORT_CANCEL_REJECTED ? VEL_OK : VEL_EINVAL;
    if (report->order_id < 0 || report->order_id > local->orders_count)
        return VEL_ENOENT;
    const vel_order_t *order = vel_local_order(local, report->order_id);
    if (order == NULL) /* it ended earlier and its record was freed */
        return VEL_OK;
    if (report->instrument != order->instrument)
        return VEL_EINVAL;
    switch (report->kind) {
    case VEL_REPORT_FILL:
        return report->side == order->side && vel_is_size(report->qty) && vel_is_price(report->price) &&
                       vel_is_qty(order->cum_qty + report->qty)
                   ? VEL_OK
                   : VEL_EINVAL;
    case VEL_REPORT_ACK:
        return vel_is_price(report->price) ? VEL_OK : VEL_EINVAL;
    case VEL_REPORT_AMENDED:
        return vel_is_price(report->price) && vel_is_size(report->qty) && report->qty >= order->cum_qty ? VEL_OK
                                                                                                        : VEL_EINVAL;
    case VEL_REPORT_RELEASED:
        return vel_is_qty(report->qty) && report->qty <= order->qty ? VEL_OK : VEL_EINVAL;
    default:
        return VEL_OK;
    }
}
