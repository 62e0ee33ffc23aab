#include "topology/code.h"

#include <fmt/format.h>

#include "aws/error.h"
#include "core/files.h"

namespace tandem::topology {

std::string read_for_deployment(const std::filesystem::path& path) {
  try {
    return core::read_file(path);
  } catch (const std::system_error& error) {
    throw DeployError(fmt::format("cannot read {}", error.what()));
  }
}

Task<bool> has_object(Cloud cloud, std::string region, std::string bucket, std::string key) {
  try {
    json::object head{{"Bucket", bucket}, {"Key", key}};
    co_await cloud.call(region, "s3", "HeadObject", std::move(head));
    co_return true;
  } catch (const aws::ApiError& error) {
    if (error.status() != 404) throw;
  }
  co_return false;
}

Task<void> make_bucket(Cloud cloud, std::string region, std::string bucket) {
  json::object create{{"Bucket", bucket}};
  if (region != "us-east-1") {
    create["CreateBucketConfiguration"] = json::object{{"LocationConstraint", region}};
  }
  try {
    co_await cloud.call(region, "s3", "CreateBucket", std::move(create));
  } catch (const aws::ApiError& error) {
    if (error.code() != "BucketAlreadyOwnedByYou") throw;
  }
}

Task<void> remove_bucket(Cloud cloud, std::string region, std::string bucket) {
  try {
    for (;;) {
      json::object list{{"Bucket", bucket}};
      const json::object answer =
          co_await cloud.call(region, "s3", "ListObjectsV2", std::move(list));
      const auto* contents = json::find_array(answer, "Contents");
      if (contents == nullptr || contents->empty()) break;
      for (const json::value& entry : *contents) {
        json::object remove{{"Bucket", bucket}, {"Key", json::string_or(entry.as_object(), "Key")}};
        co_await cloud.call(region, "s3", "DeleteObject", std::move(remove));
      }
    }
    json::object remove{{"Bucket", bucket}};
    co_await cloud.call(region, "s3", "DeleteBucket", std::move(remove));
  } catch (const aws::ApiError& error) {
    if (error.code() != "NoSuchBucket") throw;
  }
}

Task<std::vector<DamagedFunction>> functions_without_code(Cloud cloud, std::string region,
                                                          std::string stack) {
  std::vector<DamagedFunction> damaged;
  const auto resources = co_await cloud.resources(region, stack);
  for (const ResourceState& one : resources) {
    if (one.type != "AWS::Lambda::Function" || one.physical_id.empty()) continue;
    json::object function;
    try {
      json::object ask{{"FunctionName", one.physical_id}};
      function = co_await cloud.call(region, "lambda", "GetFunctionConfiguration", std::move(ask));
    } catch (const aws::ApiError& error) {
      if (!is_missing(error)) throw;  // One deleted by hand shows when the application is asked.
    }
    if (json::string_or(function, "State") != "Failed") continue;
    damaged.push_back({one.physical_id, json::string_or(function, "StateReason"),
                       json::string_or(function, "CodeSha256")});
  }
  co_return damaged;
}

}  // namespace tandem::topology
