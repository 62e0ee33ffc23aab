#include "aws/routes.h"

#include <map>

#include "aws/dialect.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using QueryFields = std::vector<std::pair<std::string, std::string>>;

struct Mark {
  std::string name;
  std::optional<std::string> value;  ///< nothing: presence is enough
};

struct Candidate {
  model::Operation operation;
  std::vector<Mark> marks;
};

const std::string* find_field(const QueryFields& query, std::string_view name) {
  for (const auto& [field, value] : query) {
    if (field == name) return &value;
  }
  return nullptr;
}

std::vector<Mark> marks_of(std::string_view uri) {
  std::vector<Mark> marks;
  const auto question = uri.find('?');
  if (question == std::string_view::npos) return marks;
  for (const auto part : core::split(uri.substr(question + 1), '&')) {
    const auto equals = part.find('=');
    Mark mark{std::string(part.substr(0, equals)), std::nullopt};
    if (equals != std::string_view::npos) mark.value = std::string(part.substr(equals + 1));
    marks.push_back(std::move(mark));
  }
  return marks;
}

/// How well a request fits an operation that shares its path with others. Negative: not at all.
int score(const Candidate& candidate, const QueryFields& query, const net::Headers& headers) {
  int points = 0;
  for (const auto& mark : candidate.marks) {
    // "x-id" only names the operation for the log's sake; newer SDKs send it, others do not.
    if (mark.name == "x-id") continue;
    const auto* value = find_field(query, mark.name);
    if (value == nullptr || (mark.value && *mark.value != *value)) return -1;
    points += 100;
  }
  const auto input = candidate.operation.input();
  if (!input) return points;
  for (const auto member : input->members()) {
    if (!member.required()) continue;
    const bool in_query = member.location() == model::Location::kQuery;
    const bool in_header = member.location() == model::Location::kHeader;
    if (!in_query && !in_header) continue;
    const bool present = in_query ? find_field(query, member.wire_name()) != nullptr
                                  : headers.contains(member.wire_name());
    // A missing one costs more than others bring, so that it is a last resort whose absence
    // validation then reports.
    points += present ? 10 : -45;
  }
  return points < 0 ? 0 : points + 1;
}

}  // namespace

struct RouteTable::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
  std::unique_ptr<Node> label;
  std::unique_ptr<Node> greedy;
  /// The label's name may differ between operations on one path, so each keeps its own list.
  struct Leaf {
    Candidate candidate;
    std::vector<std::string> labels;
  };
  std::map<std::string, std::vector<Leaf>, std::less<>> by_method;

  const Leaf* choose(std::string_view method, const QueryFields& query,
                     const net::Headers& headers) const {
    const auto at = by_method.find(method);
    if (at == by_method.end()) return nullptr;
    const Leaf* best = nullptr;
    int best_score = -1;
    for (const auto& leaf : at->second) {
      int points = score(leaf.candidate, query, headers);
      if (points < 0) continue;
      points = points * 2 + (leaf.candidate.operation.deprecated() ? 0 : 1);
      if (points > best_score) {
        best = &leaf;
        best_score = points;
      }
    }
    return best;
  }
};

namespace {

/// "a//b/" is {"a","","b",""} where empty segments are kept, else {"a","b"}.
std::vector<std::string_view> segments_of(std::string_view path, bool keep_empty) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  std::vector<std::string_view> segments;
  if (path.empty()) return segments;
  for (const auto segment : core::split(path, '/')) {
    if (keep_empty || !segment.empty()) segments.push_back(segment);
  }
  // "/bucket/" is the bucket.
  if (keep_empty && segments.size() == 2 && segments[1].empty()) segments.pop_back();
  return segments;
}

}  // namespace

RouteTable::RouteTable(const model::Service& service)
    : root_(std::make_unique<Node>()), keeps_slashes_(dialect_of(service.name()).keeps_slashes) {
  for (const auto operation : service.operations()) {
    Node* node = root_.get();
    std::vector<std::string> labels;
    const auto uri = operation.uri();
    for (const auto segment : segments_of(uri.substr(0, uri.find('?')), false)) {
      std::unique_ptr<Node>* next = nullptr;
      if (segment.front() != '{') {
        next = &node->literal[std::string(segment)];
      } else if (segment.ends_with("+}")) {
        labels.emplace_back(segment.substr(1, segment.size() - 3));
        next = &node->greedy;
      } else {
        labels.emplace_back(segment.substr(1, segment.size() - 2));
        next = &node->label;
      }
      if (!*next) *next = std::make_unique<Node>();
      node = next->get();
    }
    node->by_method[std::string(operation.method())].push_back(
        {Candidate{operation, marks_of(uri)}, std::move(labels)});
  }
}

RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

std::optional<RouteMatch> RouteTable::match(std::string_view method, std::string_view path,
                                            std::string_view query,
                                            const net::Headers& headers) const {
  const auto segments = segments_of(path, keeps_slashes_);
  const auto fields = net::parse_query(query);
  const Node::Leaf* found = nullptr;
  std::vector<std::string> values;
  // Depth is bounded by the trie's own, a handful; a literal beats a label beats a greedy label.
  const auto walk = [&](const auto& self, const Node& node, std::size_t at) -> bool {
    if (at == segments.size()) {
      found = node.choose(method, fields, headers);
      if (found != nullptr) return true;
    }
    if (at < segments.size()) {
      const auto literal = node.literal.find(core::percent_decode(segments[at]));
      if (literal != node.literal.end() && self(self, *literal->second, at + 1)) return true;
      if (node.label && !segments[at].empty()) {
        values.push_back(core::percent_decode(segments[at]));
        if (self(self, *node.label, at + 1)) return true;
        values.pop_back();
      }
      if (node.greedy) {
        const auto rest = std::string_view(
            segments[at].data(),
            static_cast<std::size_t>(path.data() + path.size() - segments[at].data()));
        values.push_back(core::percent_decode(rest));
        found = node.greedy->choose(method, fields, headers);
        if (found != nullptr) return true;
        values.pop_back();
      }
    }
    return false;
  };
  if (!walk(walk, *root_, 0)) return std::nullopt;
  RouteMatch match{found->candidate.operation, {}};
  for (std::size_t i = 0; i < found->labels.size() && i < values.size(); ++i) {
    match.labels.emplace_back(found->labels[i], std::move(values[i]));
  }
  return match;
}

}  // namespace tandem::aws
