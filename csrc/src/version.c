#include "velora/event.h"
