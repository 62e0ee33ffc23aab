// What replication and tables tell of themselves, for /_tandem/metrics.
#pragma once

#include "core/metrics.h"
#include "replication/replicator.h"
#include "services/dynamodb/store/capacity_meter.h"

namespace tandem::dynamodb {

void describe_replication(const replication::Replicator& replicator, core::MetricSet& metrics);
/// What CloudWatch has of tables: units taken, provisioned, turned away.
void describe_capacity(const TableCatalog& tables, const CapacityMeter& capacity,
                       core::MetricSet& metrics);

}  // namespace tandem::dynamodb
