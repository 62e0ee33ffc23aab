// Which word was meant: "did you mean 'status'?". Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::core {

/// Letters to change, add or leave out to make one of the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The only one that begins with it, of three letters or more; else
/// the nearest of the known words, when it is at most `edits` away and not another word altogether:
/// nothing when as many letters would change as the word has.
std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& known,
                                        std::size_t edits = 2);

}  // namespace tandem::core
