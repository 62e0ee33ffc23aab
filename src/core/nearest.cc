#include "core/nearest.h"

#include <algorithm>
#include <numeric>

namespace tandem::core {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& known, std::size_t edits) {
  constexpr std::size_t kBeginning = 3;
  const auto begins = [&](const std::string& each) { return each.starts_with(word); };
  if (word.size() >= kBeginning && std::count_if(known.begin(), known.end(), begins) == 1) {
    return *std::find_if(known.begin(), known.end(), begins);
  }
  const auto nearest = std::min_element(known.begin(), known.end(), [&](auto& a, auto& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  if (nearest == known.end()) return std::nullopt;
  const std::size_t distance = edit_distance(word, *nearest);
  if (distance > edits || distance >= word.size()) return std::nullopt;
  return *nearest;
}

}  // namespace tandem::core
