#include "services/apigateway/model/routes.h"

#include "core/text.h"
#include "services/apigateway/model/names.h"

namespace tandem::apigateway {

struct Routes::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> variable;
  std::unique_ptr<Node> greedy;
  std::string variable_name;  ///< of this node's own segment
  std::optional<std::uint32_t> target;

  std::optional<std::uint32_t> find(std::string_view rest, PathParameters& parameters) const;
  std::optional<std::uint32_t> find_in(const Node& child, std::string_view value,
                                       std::string_view rest, PathParameters& parameters) const;
};

std::optional<std::uint32_t> Routes::Node::find_in(const Node& child, std::string_view value,
                                                   std::string_view rest,
                                                   PathParameters& parameters) const {
  parameters.emplace_back(child.variable_name, std::string(value));
  auto found = child.find(rest, parameters);
  if (!found) parameters.pop_back();
  return found;
}

// Each node is visited at most once per request, as its depth fixes the segment it stands for: the
// walk is bounded by the size of the tree.
std::optional<std::uint32_t> Routes::Node::find(std::string_view rest,
                                                PathParameters& parameters) const {
  if (rest.empty() || rest == "/") {
    if (target) return target;
    return std::nullopt;
  }
  rest.remove_prefix(1);
  const auto end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  const std::string_view after = end == std::string_view::npos ? "" : rest.substr(end);
  if (!literals.empty()) {
    const auto literal = segment.find('%') == std::string_view::npos
                             ? literals.find(segment)
                             : literals.find(core::percent_decode(segment));
    if (literal != literals.end()) {
      if (auto found = literal->second->find(after, parameters)) return found;
    }
  }
  if (variable && !segment.empty()) {
    if (auto found = find_in(*variable, segment, after, parameters)) return found;
  }
  if (greedy && greedy->target) return find_in(*greedy, rest, "", parameters);
  return std::nullopt;
}

std::string canonical_path(std::string_view path, std::string_view resource_path) {
  const bool greedy = resource_path.ends_with("+}");
  if (!greedy && path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return "/";
  if (path.find('%') == std::string_view::npos) return std::string(path);
  std::string made;
  for (const std::string_view segment : core::split(path.substr(1), '/')) {
    made += '/';
    for (const char c : core::percent_decode(segment)) {
      if (c == '/') {
        made += "%2F";
      } else {
        made += c;
      }
    }
  }
  return made;
}

Routes::Routes() : root_(std::make_unique<Node>()) {}
Routes::~Routes() = default;
Routes::Routes(Routes&&) noexcept = default;
Routes& Routes::operator=(Routes&&) noexcept = default;

void Routes::add(std::string_view resource_path, std::uint32_t target) {
  Node* node = root_.get();
  for (const std::string_view part : core::split(resource_path.substr(1), '/')) {
    if (part.empty()) continue;
    std::unique_ptr<Node>* child = nullptr;
    if (!part.starts_with('{')) {
      child = &node->literals[std::string(part)];
    } else {
      child = part.ends_with("+}") ? &node->greedy : &node->variable;
    }
    if (!*child) *child = std::make_unique<Node>();
    node = child->get();
    if (part.starts_with('{')) node->variable_name = variable_name(part);
  }
  node->target = target;
}

std::optional<std::uint32_t> Routes::find(std::string_view path, PathParameters& parameters) const {
  parameters.clear();
  return root_->find(path, parameters);
}

}  // namespace tandem::apigateway
