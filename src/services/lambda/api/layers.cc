// PublishLayerVersion and its like, and what a function's Layers are.
#include <algorithm>

#include "aws/arn.h"
#include "core/task.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/code/layer_folder.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/layer_name.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda::api {
namespace {

constexpr std::size_t kMostLayers = 5;

json::array list_in(const json::object& input, std::string_view member) {
  const json::array* found = json::find_array(input, member);
  return found == nullptr ? json::array() : *found;
}

bool fits(const json::array& list, const json::object& input, std::string_view member) {
  const auto wanted = json::find_string(input, member);
  return !wanted || std::any_of(list.begin(), list.end(), [&](const json::value& each) {
    return json::view(each.as_string()) == *wanted;
  });
}

/// CompatibleRuntime and CompatibleArchitecture of a list: what a version does not say it is not
/// listed for.
bool is_asked_for(const LayerVersion& version, const json::object& input) {
  return fits(version.runtimes, input, "CompatibleRuntime") &&
         fits(version.architectures, input, "CompatibleArchitecture");
}

/// Layers of a request are named by an ARN of their own, which is the only one they have.
LayerPtr require_layer(const Scope& scope, std::string_view arn) {
  const auto layer = parse_layer_name(arn);
  if (!layer || !layer->version) {
    throw errors::invalid_parameter(fmt::format("Layer version {} does not exist.", arn));
  }
  if (layer->account != scope.environment.account()) {
    throw errors::access_denied(fmt::format(
        "User: arn:aws:iam::{}:root is not authorized to perform: lambda:GetLayerVersion on "
        "resource: {} because no resource-based policy allows the lambda:GetLayerVersion action",
        scope.environment.account(), arn));
  }
  if (layer->region != scope.environment.region) {
    throw errors::invalid_parameter(
        fmt::format("Layers are not in the same region as the function. Layers are expected to be "
                    "in region {}.",
                    scope.environment.region));
  }
  LayerPtr version = scope.layers.find(layer->name, *layer->version);
  if (version == nullptr) {
    throw errors::invalid_parameter(fmt::format("Layer version {} does not exist.", arn));
  }
  return version;
}

/// GetLayerVersionResponse.
Task<Reply> shown(Scope& scope, LayerPtr version) {
  json::object out = version->shown();
  const std::string location = co_await scope.downloads.location_of(version);
  if (!location.empty()) out["Content"].as_object()["Location"] = location;
  co_return Reply(std::move(out));
}

}  // namespace

std::string layer_of(const Scope& scope, const json::object& input) {
  const std::string text = json::string_or(input, "LayerName");
  const auto layer = parse_layer_name(text);
  const bool elsewhere =
      layer && !layer->region.empty() &&
      (layer->region != scope.environment.region || layer->account != scope.environment.account());
  if (!layer || elsewhere) {
    throw errors::not_found("The resource you requested does not exist.");
  }
  return layer->name;
}

std::int64_t layer_number(const json::object& input) {
  const std::int64_t number = json::int_or(input, "VersionNumber", 0);
  if (number < 1) throw errors::invalid_parameter("Layer Version Cannot be less than 1");
  return number;
}

Task<Reply> publish_layer_version(Scope& scope, json::object input) {
  LayerVersion version;
  version.name = layer_of(scope, input);
  version.arn = aws::make_arn("lambda", scope.environment.region, scope.environment.account(),
                              "layer:" + version.name);
  version.description = json::string_or(input, "Description");
  version.license = json::string_or(input, "LicenseInfo");
  version.runtimes = list_in(input, "CompatibleRuntimes");
  version.architectures = list_in(input, "CompatibleArchitectures");
  json::object content;
  json::value* given = input.if_contains("Content");
  if (given != nullptr && given->is_object()) content = std::move(given->get_object());
  std::string archive = co_await read_package(scope, std::move(content));
  require_storage(scope, static_cast<std::int64_t>(archive.size()));
  CodePackage package =
      co_await scope.code.unpack(std::move(archive), std::string(machine_architecture()));
  version.code_id = std::move(package.code_id);
  version.code_sha256 = std::move(package.sha256);
  version.code_size = package.size;
  version.code_outline = std::move(package.outline);
  version.created = last_modified_text(scope.environment.clock.now_ms());
  const std::string code_id = version.code_id;
  LayerPtr published;
  try {
    published = scope.layers.publish(std::move(version));
  } catch (const store::StoreError&) {
    scope.code.discard(code_id);
    throw;
  }
  Task<Reply> showing = shown(scope, std::move(published));
  Reply reply = co_await std::move(showing);
  co_return reply;
}

Task<Reply> get_layer_version(Scope& scope, json::object input) {
  const std::int64_t number = layer_number(input);
  const LayerPtr version = scope.layers.find(layer_of(scope, input), number);
  if (version == nullptr) throw errors::not_found("The resource you requested does not exist.");
  return shown(scope, version);
}

Task<Reply> get_layer_version_by_arn(Scope& scope, json::object input) {
  const auto layer = parse_layer_name(json::string_or(input, "Arn"));
  const bool own = layer && layer->version && layer->region == scope.environment.region &&
                   layer->account == scope.environment.account();
  const LayerPtr version = own ? scope.layers.find(layer->name, *layer->version) : nullptr;
  if (version == nullptr) throw errors::not_found("The resource you requested does not exist.");
  return shown(scope, version);
}

Reply list_layers(Scope& scope, const json::object& input) {
  service::Page page(kPages, input, "Layers");
  for (const auto& [name, versions] : scope.layers.all()) {
    const auto newest = std::find_if(versions.rbegin(), versions.rend(), [&](const auto& each) {
      return is_asked_for(*each.second, input);
    });
    if (newest == versions.rend()) continue;
    const auto shown = [&version = *newest->second] {
      json::object out;
      out["LayerName"] = version.name;
      out["LayerArn"] = version.arn;
      out["LatestMatchingVersion"] = version.listed();
      return out;
    };
    if (!page.add(name, shown)) break;
  }
  return std::move(page).finish();
}

Reply list_layer_versions(Scope& scope, const json::object& input) {
  service::Page page(kPages, input, "LayerVersions", service::Page::Order::kDescending);
  const auto& versions = scope.layers.versions(layer_of(scope, input));
  for (auto each = versions.rbegin(); each != versions.rend(); ++each) {
    if (!is_asked_for(*each->second, input)) continue;
    const auto shown = [&version = *each->second] { return version.listed(); };
    if (!page.add(service::sortable(each->first), shown)) break;
  }
  return std::move(page).finish();
}

/// Functions that have it keep it, as on AWS; its package goes with the last of them.
Task<Reply> delete_layer_version(Scope& scope, json::object input) {
  const std::int64_t number = layer_number(input);
  const LayerPtr version = scope.layers.find(layer_of(scope, input), number);
  if (version == nullptr) co_return Reply();
  scope.layers.erase(*version);
  scope.code.discard(version->code_id);
  co_await sweep(scope);
  co_return Reply();
}

std::optional<json::array> layers_in(const Scope& scope, const json::object& input) {
  const json::array* asked = json::find_array(input, "Layers");
  if (asked == nullptr) return std::nullopt;
  if (asked->size() > kMostLayers) {
    throw errors::invalid_parameter("Cannot reference more than 5 layers.");
  }
  json::array layers;
  std::vector<LayerPtr> seen;
  for (const json::value& each : *asked) {
    const LayerPtr layer = require_layer(scope, json::view(each.as_string()));
    for (const LayerPtr& other : seen) {
      if (other->name != layer->name) continue;
      throw errors::invalid_parameter(fmt::format(
          "Two different versions of the same layer are not allowed to be referenced in "
          "the same function. {} and {} are versions of the same layer.",
          other->version_arn(), layer->version_arn()));
    }
    seen.push_back(layer);
    layers.push_back(json::object{{"arn", layer->version_arn()},
                                  {"code_size", layer->code_size},
                                  {"code_id", layer->code_id},
                                  {"code_outline", layer->code_outline}});
  }
  return layers;
}

Task<void> require_fit(Scope& scope, std::string code_id, json::array layers) {
  if (layers.empty()) co_return;
  std::vector<std::filesystem::path> folders = {scope.code_folder / code_id};
  for (const json::value& each : layers) {
    folders.push_back(scope.code_folder / json::string_or(each.as_object(), "code_id"));
  }
  const auto measure = [folders = std::move(folders)] {
    std::int64_t bytes = 0;
    for (const auto& folder : folders) bytes += unzipped_size(folder);
    return bytes;
  };
  const std::int64_t bytes = co_await core::run_blocking(scope.environment.blocking, measure);
  if (bytes >= kUnzippedBytes) {
    throw errors::invalid_parameter(
        fmt::format("Function code combined with layers exceeds the maximum allowed size of {} "
                    "bytes. The actual size is {} bytes.",
                    kUnzippedBytes, bytes));
  }
}

}  // namespace tandem::lambda::api
