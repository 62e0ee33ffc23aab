// Which operation a method and path mean, for the REST protocols.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/model.h"
#include "net/http.h"

namespace tandem::aws {

/// Values of the URI template's labels, decoded, by label ("Bucket", "restapi_id").
using PathLabels = std::vector<std::pair<std::string, std::string>>;

struct RouteMatch {
  model::Operation operation;
  PathLabels labels;
};

/// A trie over the path segments of one service's operations. Several operations may share a path;
/// then the query's marks ("?uploads"), and the query parameters and headers they require, decide:
/// the operation with most of them fulfilled is meant.
class RouteTable {
 public:
  explicit RouteTable(const model::Service& service);
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  /// path and query still percent-encoded. A trailing slash is not significant, except that S3's
  /// keys are taken byte for byte.
  std::optional<RouteMatch> match(std::string_view method, std::string_view path,
                                  std::string_view query, const net::Headers& headers) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  bool keeps_slashes_;
};

}  // namespace tandem::aws
