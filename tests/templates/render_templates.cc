// Renders the templates of standard input, which a byte 1 parts, for test_second_opinions.py: "="
// and the text, or "!" and why there is none, parted in the same way.
#include <iostream>
#include <iterator>
#include <string>

#include "services/apigateway/mapping/testing.h"

int main() {
  const std::string all{std::istreambuf_iterator<char>(std::cin), {}};
  const tandem::apigateway::mapping::Request request;
  std::size_t start = 0;
  while (start <= all.size()) {
    const std::size_t end = std::min(all.find('\1', start), all.size());
    const auto made = request.render(std::string_view(all).substr(start, end - start));
    std::cout << (start == 0 ? "" : "\1")
              << (made ? "=" + made.value().text : "!" + made.error().message);
    start = end + 1;
  }
}
