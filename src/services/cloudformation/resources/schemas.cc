#include "services/cloudformation/resources/schemas.h"

#include <algorithm>
#include <set>

#include "core/check.h"
#include "core/text.h"
#include "services/cloudformation/resources/schema_tables.h"

namespace tandem::cloudformation {
namespace {

using schema::kTables;

std::string_view text(schema::Text reference) {
  return {kTables.pool + (reference >> 12), reference & 0xFFF};
}

using Words = std::set<std::string, std::less<>>;

Words words(std::string_view text) {
  Words result;
  for (const std::string_view word : core::split(text, ' ')) {
    if (!word.empty()) result.emplace(word);
  }
  return result;
}

const schema::TypeRow& type_row(std::string_view type) {
  const schema::TypeRow* end = kTables.types + kTables.type_count;
  const schema::TypeRow* found = std::find_if(
      kTables.types, end, [&](const schema::TypeRow& row) { return text(row.name) == type; });
  CHECK(found != end);
  return *found;
}

// Builds what is used of a schema; every path that a use names must turn up.
class Builder {
 public:
  explicit Builder(const SchemaUse& use)
      : serves_(words(use.serves)), refuses_(words(use.refuses)), replaces_(words(use.replaces)) {}

  Shape build(std::uint16_t root) {
    Shape shape = node(root, "");
    for (const std::string& name : serves_) CHECK(shape.find(name) != nullptr);
    CHECK(refuses_.empty());
    CHECK(replaces_.empty());
    return shape;
  }

 private:
  Shape node(std::uint16_t index, const std::string& path) {
    const schema::NodeRow& row = kTables.nodes[index];
    Shape shape;
    shape.kind = static_cast<Shape::Kind>(row.kind);
    if ((row.flags & schema::kHasMin) != 0) shape.min = row.min;
    if ((row.flags & schema::kHasMax) != 0) shape.max = row.max;
    switch (shape.kind) {
      case Shape::Kind::kObject:
        for (std::uint16_t i = row.first; i < row.first + row.count; ++i) {
          const schema::MemberRow& one = kTables.members[i];
          if ((one.flags & schema::kReadOnly) == 0) shape.members.push_back(member(one, path));
        }
        break;
      case Shape::Kind::kList:
      case Shape::Kind::kMap:
        shape.item = std::make_shared<const Shape>(node(row.first, path + "/*"));
        break;
      default:
        for (std::uint16_t i = row.first; i < row.first + row.count; ++i) {
          shape.values.push_back(text(kTables.values[i]));
        }
    }
    return shape;
  }

  Member member(const schema::MemberRow& row, const std::string& path) {
    Member member;
    member.name = text(row.name);
    const std::string where = path.empty() ? member.name : path + '/' + member.name;
    const bool served = !path.empty() || serves_.contains(member.name);
    member.refused = refuses_.erase(where) != 0 || !served;
    if (member.refused) return member;
    member.required = (row.flags & schema::kRequired) != 0;
    member.create_only = (row.flags & schema::kCreateOnly) != 0;
    member.conditional = (row.flags & schema::kConditionalCreateOnly) != 0;
    // What AWS's schema leaves to the handler is known here: a change set says so.
    if (replaces_.erase(where) != 0) {
      member.create_only = true;
      member.conditional = false;
    }
    member.shape = node(row.node, where);
    return member;
  }

  const Words serves_;
  Words refuses_;
  Words replaces_;
};

void collect_read_only(std::uint16_t index, const std::string& path,
                       std::vector<std::string>& found) {
  const schema::NodeRow& row = kTables.nodes[index];
  if (static_cast<Shape::Kind>(row.kind) != Shape::Kind::kObject) return;
  for (std::uint16_t i = row.first; i < row.first + row.count; ++i) {
    const schema::MemberRow& member = kTables.members[i];
    const std::string where = path + std::string(text(member.name));
    if ((member.flags & schema::kReadOnly) != 0) found.push_back(where);
    collect_read_only(member.node, where + '/', found);
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Levenshtein's distance, ignoring case; given up, with most, once it cannot be less.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      const std::size_t changed = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least >= most) return most;
  }
  return row[b.size()];
}

}  // namespace

Shape shape_of(std::string_view type, const SchemaUse& use) {
  return Builder(use).build(type_row(type).node);
}

std::vector<std::string> readable_attributes(std::string_view type) {
  std::vector<std::string> found;
  collect_read_only(type_row(type).node, "", found);
  return found;
}

std::vector<std::string> primary_identifier(std::string_view type) {
  std::vector<std::string> names;
  for (const std::string_view name : core::split(text(type_row(type).identifier), ' ')) {
    names.emplace_back(name);
  }
  return names;
}

std::vector<std::string> types_with_schema() {
  std::vector<std::string> names;
  for (std::uint16_t i = 0; i < kTables.type_count; ++i) {
    names.emplace_back(text(kTables.types[i].name));
  }
  return names;
}

std::vector<std::string_view> aws_types() {
  std::vector<std::string_view> names;
  for (const std::string_view name : core::split(kTables.type_names, '\n')) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

bool is_aws_type(std::string_view type) {
  if (type.find('\n') != std::string_view::npos) return false;
  const std::string line = '\n' + std::string(type) + '\n';
  return std::string_view(kTables.type_names).find(line) != std::string_view::npos;
}

std::string nearest_aws_type(std::string_view type) {
  constexpr std::size_t kLongest = 128;
  if (type.size() > kLongest) return "";
  std::string nearest;
  // A letter or two wrong, or left out; more is another name.
  std::size_t least = 3;
  for (const std::string_view name : core::split(kTables.type_names, '\n')) {
    const std::size_t longer = std::max(name.size(), type.size());
    if (longer - std::min(name.size(), type.size()) >= least) continue;
    const std::size_t found = distance(type, name, least);
    if (found < least) {
      least = found;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace tandem::cloudformation
