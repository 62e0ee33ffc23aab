// Tandem's own paths by which processes ask each other for the names of buckets
// (docs/tandem-endpoints.md).
#pragma once

#include <vector>

#include "service/endpoints.h"
#include "services/s3/names/registry.h"

namespace tandem::s3 {

class S3Service;

/// A region's: what it has. Borrows the service.
std::vector<service::TandemEndpoints::Row> holder_rows(const S3Service& service);
/// global's: the list of all. Borrows the registry.
std::vector<service::TandemEndpoints::Row> registry_rows(BucketRegistry& registry);

}  // namespace tandem::s3
