#include "services/dynamodb/api/reading.h"

namespace tandem::dynamodb {

Consistency consistency_of(const std::optional<bool>& consistent_read) {
  return consistent_read.value_or(false) ? Consistency::kStrong : Consistency::kEventual;
}

std::optional<ProjectionExpression> parse_read_projection(
    const std::optional<std::string>& expression, Substitutions& substitutions) {
  substitutions.validate();
  if (!expression) return std::nullopt;
  return parse_projection(*expression, substitutions);
}

void check_projection_paths(const Table& table,
                            const std::optional<ProjectionExpression>& projection) {
  if (!projection) return;
  for (const auto& path : projection->paths) check_scalar_keys(table, path);
}

}  // namespace tandem::dynamodb
