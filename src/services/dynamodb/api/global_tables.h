// Global tables of version 2017.11.29 (Legacy): tables of one name, each made by itself, that are
// joined afterwards. AWS refuses to make any since 2026, and so does this service unless the
// configuration says otherwise. What differs from AWS then: docs/tandem-yaml.md, "Global tables of
// 2017".
#pragma once

#include <vector>

#include "services/dynamodb/api/table_operations.h"

namespace tandem::dynamodb {

/// Appends their rows.
void add_global_table_operations(std::vector<service::Operation>& operations, TablePlane& plane);

}  // namespace tandem::dynamodb
