// What XML can carry. On its own, so that others need not link the codec.
#include <algorithm>

#include "aws/xml_codec.h"
#include "core/text.h"

namespace tandem::aws {

bool is_xml_text(std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r';
  });
  return !control && core::is_utf8(text) && text.find("\xEF\xBF\xBE") == std::string_view::npos &&
         text.find("\xEF\xBF\xBF") == std::string_view::npos;
}

}  // namespace tandem::aws
