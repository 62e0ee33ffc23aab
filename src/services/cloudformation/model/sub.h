// The text form of Fn::Sub, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::cloudformation {

struct SubPart {
  enum class Kind { kLiteral, kVariable } kind = Kind::kLiteral;
  std::string text;  ///< the literal, or the variable's name ("X", "X.Attr", "AWS::Region")
};

/// "${X}" is a variable, "${!X}" the literal "${X}". Throws when a name holds other characters than
/// letters, digits, '_', '.' and ':'.
std::vector<SubPart> parse_sub(std::string_view text);

}  // namespace tandem::cloudformation
