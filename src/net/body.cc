#include "net/body.h"

namespace tandem::net {
namespace {

class WholeBody final : public BodySource {
 public:
  explicit WholeBody(std::string body) : body_(std::move(body)), length_(body_.size()) {}
  Task<std::string> next() override { co_return std::exchange(body_, {}); }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::string body_;
  std::uint64_t length_;
};

}  // namespace

std::shared_ptr<BodySource> whole_body(std::string body) {
  return std::make_shared<WholeBody>(std::move(body));
}

Task<std::string> collect(std::shared_ptr<BodySource> source, std::size_t limit) {
  std::string whole;
  // Growing would copy what is there again and again, all of it at once. Room costs nothing before
  // it is written.
  const auto length = source->length().value_or(0);
  if (length > limit) throw BodyError("the body is too large");
  whole.reserve(length);
  for (;;) {
    std::string slice = co_await source->next();
    if (slice.empty()) co_return whole;
    if (slice.size() > limit - whole.size()) throw BodyError("the body is too large");
    whole += slice;
  }
}

}  // namespace tandem::net
