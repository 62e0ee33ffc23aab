#include "cli/api_key.h"

#include <fmt/format.h>

#include "aws/error.h"
#include "cli/command.h"
#include "core/ids.h"
#include "core/random.h"
#include "topology/stacks.h"

namespace tandem::cli {
namespace {

constexpr std::size_t kKeyLength = 40;

/// The value of the key that a region's front stack made; empty when it has none.
Task<std::string> key_of_region(aws::Api* api, std::string region, std::string name) {
  json::object input{{"nameQuery", name}, {"includeValues", true}};
  aws::ApiCall call{std::move(region), "apigateway", "GetApiKeys", std::move(input), ""};
  const aws::ApiResult result = co_await api->call(std::move(call));
  const auto* items = json::find_array(result.output, "items");
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    const json::object& item = (*items)[i].as_object();
    // nameQuery matches names that begin with it.
    if (json::string_or(item, "name") == name) co_return json::string_or(item, "value");
  }
  co_return "";
}

}  // namespace

std::string api_key(topology::LocalWorld& world, const topology::Topology& topology, Client& client,
                    MissingKey missing) {
  if (auto kept = world.find_api_key()) return *kept;
  bool all_asked = true;
  for (const auto& process : world.processes()) {
    if (process.name == "global") continue;
    if (!process.answers()) {
      all_asked = false;
      continue;
    }
    try {
      std::string key = client.run(
          key_of_region(&client.api(), process.name, topology::common_key_name(topology)));
      if (key.empty()) continue;
      world.keep_api_key(key);
      remark(fmt::format("the API key was restored from {}", process.name));
      return key;
    } catch (const aws::ApiError& error) {
      remark(fmt::format("{} does not give its API keys: {}", process.name, error.message()));
      all_asked = false;
    }
  }
  const auto file = (world.folder() / "api-key").string();
  if (missing == MissingKey::kRefuse) {
    throw Failure(kFailed, fmt::format("there is no API key in {}, and no region that answers has "
                                       "it; 'tandem up' mends that",
                                       file));
  }
  if (!all_asked) {
    throw Failure(kFailed,
                  fmt::format("there is no API key in {}, and the regions that may have it "
                              "do not all answer; start them, then run this again",
                              file));
  }
  core::SystemRandom random;
  std::string key = core::random_text(random, kKeyLength, core::kAlnum);
  world.keep_api_key(key);
  return key;
}

}  // namespace tandem::cli
