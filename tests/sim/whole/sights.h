// What can be seen of a world from outside: through AWS's API, DNS, and the documents that a user
// has.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "tests/sim/whole/cloud.h"
#include "tests/sim/whole/marks.h"

namespace tandem::sim {

/// The kinds of conflicts that the regions list.
std::set<Mark> conflicts_listed(Cloud& cloud);

/// Whether a region says that it has dropped marks of deleted items since it started.
bool tombstones_collected(Cloud& cloud);

/// Whether a stack of the region tells of an operation that somebody asked for before it died, and
/// that ended after it was back. Both by the region's own clock.
struct Absence {
  std::int64_t died_us = 0;
  std::int64_t back_us = 0;
};
bool stack_operation_outlived(Cloud& cloud, const Machine& region, Absence absence);

/// DescribeTable's TableStatus of the application's table; empty when there is no such table, or no
/// answer.
std::string table_status(Cloud& cloud, const Machine& region);

/// Whether DNS answers, and without this region's address.
bool is_left_out(Cloud& cloud, Machine& region);

/// Lets the world go on until every link is connected and nothing is pending. Throws Broken.
void await_rest(Cloud& cloud);

}  // namespace tandem::sim
