// Apart, so that the parser stands without the table.
#include "aws/places.h"

namespace tandem::aws {

Places Places::built_in() { return read(places_table()).value(); }

}  // namespace tandem::aws
