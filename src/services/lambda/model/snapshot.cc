#include "services/lambda/model/snapshot.h"

#include <algorithm>
#include <fmt/format.h>

namespace tandem::lambda {
namespace {

constexpr std::string_view kFolder = "snapshots/";
constexpr std::string_view kBuckets = "awslambda-";
constexpr std::string_view kTasks = "-tasks";
constexpr std::string_view kLayers = "-layers";
constexpr std::size_t kIdSize = 32;
/// Of a UUID's text: where its hyphens are.
constexpr std::size_t kHyphens[] = {8, 13, 18, 23};
constexpr std::size_t kUuidSize = kIdSize + std::size(kHyphens);

std::string grouped(std::string id) {
  for (const std::size_t at : kHyphens) id.insert(at, 1, '-');
  return id;
}

bool is_id(std::string_view id) {
  return id.size() == kIdSize && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string Snapshot::key() const {
  return fmt::format("{}{}/{}-{}", kFolder, account, name, grouped(code_id));
}

std::optional<Snapshot> Snapshot::parse(std::string_view key) {
  if (!key.starts_with(kFolder)) return std::nullopt;
  key.remove_prefix(kFolder.size());
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Snapshot snapshot;
  snapshot.account = key.substr(0, slash);
  key.remove_prefix(slash + 1);
  if (key.size() < kUuidSize + 2) return std::nullopt;
  const std::string_view uuid = key.substr(key.size() - kUuidSize);
  key.remove_suffix(kUuidSize);
  if (!key.ends_with('-')) return std::nullopt;
  snapshot.name = key.substr(0, key.size() - 1);
  std::copy_if(uuid.begin(), uuid.end(), std::back_inserter(snapshot.code_id),
               [](char c) { return c != '-'; });
  if (!is_id(snapshot.code_id) || grouped(snapshot.code_id) != uuid) return std::nullopt;
  return snapshot;
}

std::string tasks_bucket(std::string_view region) {
  return fmt::format("{}{}{}", kBuckets, region, kTasks);
}

std::string layers_bucket(std::string_view region) {
  return fmt::format("{}{}{}", kBuckets, region, kLayers);
}

bool is_package_bucket(std::string_view bucket) {
  return bucket.starts_with(kBuckets) && (bucket.ends_with(kTasks) || bucket.ends_with(kLayers));
}

}  // namespace tandem::lambda
