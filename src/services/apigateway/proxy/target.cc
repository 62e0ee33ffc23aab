#include "services/apigateway/proxy/target.h"

#include "core/text.h"

namespace tandem::apigateway {
namespace {

/// The first segment, and what follows it (empty or starting with '/').
std::pair<std::string_view, std::string_view> split_first(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto end = path.find('/');
  if (end == std::string_view::npos) return {path, ""};
  return {path.substr(0, end), path.substr(end)};
}

std::optional<Target> find_by_api(const State& state, std::string_view api_id,
                                  std::string_view path) {
  const auto [stage_name, rest] = split_first(path);
  auto stage = state.view.find_stage(api_id, stage_name);
  if (!stage || stage->default_endpoint_disabled) return std::nullopt;
  return Target{std::move(stage), rest, rest.empty() ? "/" : rest, path};
}

/// AWS, base path mappings of one level: the whole first segment must be the base path, otherwise
/// the mapping of the empty base path is used.
std::optional<Target> find_by_domain(const State& state, const CompiledDomain& domain,
                                     std::string_view path) {
  auto [base, rest] = split_first(path);
  auto mapping =
      base.empty() ? domain.mappings.end() : domain.mappings.find(core::percent_decode(base));
  if (mapping == domain.mappings.end()) {
    mapping = domain.mappings.find("");
    rest = path;
  }
  if (mapping == domain.mappings.end()) return std::nullopt;
  std::string_view stage_name = mapping->second.stage;
  if (stage_name.empty()) std::tie(stage_name, rest) = split_first(rest);
  auto stage = state.view.find_stage(mapping->second.api_id, stage_name);
  if (!stage) return std::nullopt;
  return Target{std::move(stage), rest, path, path};
}

}  // namespace

bool is_execute_api(std::string_view host, std::string_view region) {
  constexpr std::string_view kService = ".execute-api.";
  constexpr std::string_view kSuffix = ".amazonaws.com";
  const auto dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  std::string_view rest = host.substr(dot);
  if (!rest.starts_with(kService) || !rest.ends_with(kSuffix)) return false;
  rest.remove_prefix(kService.size());
  return rest.size() == region.size() + kSuffix.size() && rest.starts_with(region);
}

std::optional<Target> find_target(const State& state, const net::HttpRequest& request,
                                  std::string_view host) {
  const std::string_view path = request.path();
  if (is_execute_api(host, state.environment.region)) {
    return find_by_api(state, host.substr(0, host.find('.')), path);
  }
  const auto domain = state.view.find_domain(host);
  if (!domain) return std::nullopt;
  return find_by_domain(state, *domain, path);
}

}  // namespace tandem::apigateway
