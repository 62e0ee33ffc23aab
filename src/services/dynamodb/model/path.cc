#include "services/dynamodb/model/path.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "services/dynamodb/model/reserved_words.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kMaxSteps = 32;

PathStep parse_name(TokenStream& tokens) {
  const TokenKind kind = tokens.peek().kind;
  if (kind != TokenKind::kWord && kind != TokenKind::kNameRef) tokens.syntax_error();
  PathStep step;
  step.kind = kind == TokenKind::kWord ? PathStep::Kind::kName : PathStep::Kind::kNameRef;
  step.name = tokens.take().text;
  return step;
}

PathStep parse_index(TokenStream& tokens) {
  if (tokens.peek().kind != TokenKind::kInteger) tokens.syntax_error();
  const std::string_view digits = tokens.take().text;
  PathStep step;
  step.kind = PathStep::Kind::kIndex;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), step.index);
  if (fault != std::errc() || end != digits.data() + digits.size()) {
    throw tokens.error("List index is not within the allowable range; index: [" +
                       std::string(digits) + "]");
  }
  tokens.expect("]");
  return step;
}

enum class Relation { kDistinct, kOverlap, kConflict };

Relation relate(const Path& a, const Path& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a[i].is_index() != b[i].is_index()) return Relation::kConflict;
    if (!(a[i] == b[i])) return Relation::kDistinct;
  }
  return Relation::kOverlap;
}

std::string clash(std::string_view how, const Path& a, const Path& b) {
  return std::string("Two document paths ")
      .append(how)
      .append(" with each other; must remove or rewrite one of these paths; path one: ")
      .append(describe(a))
      .append(", path two: ")
      .append(describe(b));
}

}  // namespace

Path parse_path(TokenStream& tokens) {
  Path path;
  path.push_back(parse_name(tokens));
  while (true) {
    if (tokens.accept(".")) {
      path.push_back(parse_name(tokens));
    } else if (tokens.accept("[")) {
      path.push_back(parse_index(tokens));
    } else {
      break;
    }
  }
  if (path.size() > kMaxSteps) {
    throw tokens.error("The document path has too many nesting elements; nesting levels: " +
                       std::to_string(path.size()));
  }
  return path;
}

std::string_view reserved_word_in(const Path& path) {
  for (const auto& step : path) {
    if (step.kind == PathStep::Kind::kName && is_reserved_word(step.name)) return step.name;
  }
  return {};
}

void resolve(Path& path, Substitutions& substitutions, ExpressionKind kind) {
  for (auto& step : path) {
    if (step.kind != PathStep::Kind::kNameRef) continue;
    const std::string* name = substitutions.use_name(step.name);
    if (name == nullptr) {
      throw invalid_expression(kind,
                               "An expression attribute name used in the document path is not "
                               "defined; attribute name: " +
                                   step.name);
    }
    step.name = *name;
    step.kind = PathStep::Kind::kName;
  }
}

std::string describe(const Path& path) {
  std::string out = "[";
  for (const auto& step : path) {
    if (out.size() > 1) out += ", ";
    out += step.is_index() ? "[" + std::to_string(step.index) + "]" : step.name;
  }
  return out + "]";
}

const Value* find(const Map& item, const Path& path) {
  const Value* at = item.find(path.front().name);
  for (std::size_t i = 1; i < path.size() && at != nullptr; ++i) {
    const PathStep& step = path[i];
    if (step.is_index()) {
      const auto* list = at->get<List>();
      at = list != nullptr && step.index < list->size() ? &(*list)[step.index] : nullptr;
    } else {
      const auto* map = at->get<Map>();
      at = map != nullptr ? map->find(step.name) : nullptr;
    }
  }
  return at;
}

void check_distinct_paths(const std::vector<const Path*>& paths, ExpressionKind kind) {
  // The service reports an overlap anywhere before a conflict anywhere.
  std::optional<std::string> conflict;
  for (std::size_t second = 1; second < paths.size(); ++second) {
    for (std::size_t first = 0; first < second; ++first) {
      const Path& a = *paths[first];
      const Path& b = *paths[second];
      const Relation relation = relate(a, b);
      if (relation == Relation::kOverlap) throw invalid_expression(kind, clash("overlap", a, b));
      if (relation == Relation::kConflict && !conflict) conflict = clash("conflict", a, b);
    }
  }
  if (conflict) throw invalid_expression(kind, *conflict);
}

}  // namespace tandem::dynamodb
