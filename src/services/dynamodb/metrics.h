// What replication tells of itself, for /_tandem/metrics.
#pragma once

#include "core/metrics.h"
#include "replication/replicator.h"

namespace tandem::dynamodb {

void describe_replication(const replication::Replicator& replicator, core::MetricSet& metrics);

}  // namespace tandem::dynamodb
