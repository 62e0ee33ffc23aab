// Which resource a request path means. Compiled once per stage, then only read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::apigateway {

/// Name and value of each path variable. A value is as the client has sent it, still
/// percent-encoded (measured), as it is in the event's path.
using PathParameters = std::vector<std::pair<std::string_view, std::string>>;

/// A tree over path segments. A literal segment beats a variable, which beats a greedy variable;
/// a branch that leads nowhere is left again.
class Routes {
 public:
  Routes();
  ~Routes();
  Routes(Routes&&) noexcept;
  Routes& operator=(Routes&&) noexcept;

  /// resource_path such as "/todos/{id}"; target is what find() returns for it.
  void add(std::string_view resource_path, std::uint32_t target);

  /// path begins with '/', still percent-encoded. A trailing slash is not significant unless a
  /// greedy variable takes it. Fills parameters; their names live as long as the tree.
  std::optional<std::uint32_t> find(std::string_view path, PathParameters& parameters) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

/// A path that a resource was found for, in one spelling: decoded but for slashes within segments,
/// and without one at its end that is not a greedy variable's.
std::string canonical_path(std::string_view path, std::string_view resource_path);

}  // namespace tandem::apigateway
