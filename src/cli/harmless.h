// What others wrote, shown so that it cannot act on the reader's terminal: a function's output, an
// answer's body, a status text may hold escape sequences that move the cursor, set titles or type.
#pragma once

#include <string>
#include <string_view>

namespace tandem::cli {

/// Line ends as they are (a message of several lines), or visible too (a cell of a table).
enum class Lines { kKeep, kEscape };

/// Well-formed UTF-8 without C0 and C1 controls (but \n and \t), DEL, and the controls that turn
/// the direction of text: those become visible, as in \x1b and \u202e; bytes that are no UTF-8
/// become \xff.
std::string harmless(std::string_view bytes, Lines lines = Lines::kKeep);

/// JSON text, with what harmless() makes visible as \u escapes: the document means the same. Bytes
/// that are no UTF-8, which JSON cannot hold, become U+FFFD.
std::string harmless_json(std::string_view text);

}  // namespace tandem::cli
