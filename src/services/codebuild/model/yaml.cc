#include "services/codebuild/model/yaml.h"

#include <fmt/format.h>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/text.h"

namespace tandem::codebuild {
namespace {

constexpr std::string_view kMerge = "<<";

[[noreturn]] void fail(std::string_view what, const YAML::Mark& at) {
  throw YamlError(fmt::format("{} at line {}", what, at.is_null() ? 1 : at.line + 1));
}

/// Builds the document from the parser's events. Bounds are checked as they arrive.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const YamlBounds& bounds) : bounds_(bounds) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(mark, anchor, made(mark, YamlNode::Kind::kNull));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail("unknown anchor", mark);  // within itself
    spend_copy(mark, found->second, 0);
    place(mark, 0, found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!core::is_utf8(value)) fail("invalid leading UTF-8 octet", mark);
    spend(mark, value.size());
    if (expects_key()) {
      open_.back().key = value;
      return;
    }
    // Plain words for nothing; quoted ones are texts.
    const bool plain = tag == "?" || tag.empty();
    const bool null = plain && (value.empty() || value == "~" || value == "null");
    YamlNode node = made(mark, null ? YamlNode::Kind::kNull : YamlNode::Kind::kText);
    if (!null) node.text = value;
    place(mark, anchor, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

  std::optional<YamlNode>& root() { return root_; }

 private:
  struct Open {
    YamlNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key;
  };

  static YamlNode made(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.is_null() ? 1 : mark.line + 1;
    return node;
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().key;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (open_.size() >= bounds_.depth) fail("exceeded max depth", mark);
    if (expects_key()) fail("invalid map key", mark);
    spend(mark, 0);
    open_.push_back({made(mark, kind), mark, anchor, std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    place(done.mark, done.anchor, std::move(done.node));
  }

  void spend(const YAML::Mark& mark, std::size_t bytes) {
    bytes_ += bytes;
    if (++nodes_ > bounds_.nodes || bytes_ > bounds_.bytes) {
      fail("document contains excessive aliasing or too many values", mark);
    }
  }

  /// All that is copied; and it must not lie deeper than what is written out may.
  void spend_copy(const YAML::Mark& mark, const YamlNode& node, std::size_t levels) {
    if (open_.size() + levels > bounds_.depth) fail("exceeded max depth", mark);
    spend(mark, node.text.size());
    for (const YamlNode& item : node.items) spend_copy(mark, item, levels + 1);
    for (const auto& [name, member] : node.members) {
      spend(mark, name.size());
      spend_copy(mark, member, levels + 1);
    }
  }

  void place(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    if (anchor != 0) {
      spend_copy(mark, node, 0);
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind != YamlNode::Kind::kText) fail("invalid map key", mark);
      parent.key = node.text;
    } else if (*parent.key == kMerge && node.kind == YamlNode::Kind::kMap) {
      merge(parent.node, std::move(node));
      parent.key.reset();
    } else {
      parent.node.members.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  /// What the map says itself stands behind what it takes in, and counts ("find").
  static void merge(YamlNode& into, YamlNode given) {
    into.members.insert(into.members.begin(), std::make_move_iterator(given.members.begin()),
                        std::make_move_iterator(given.members.end()));
  }

  YamlBounds bounds_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::optional<YamlNode> root_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view name) const {
  for (auto each = members.rbegin(); each != members.rend(); ++each) {
    if (each->name == name) return each->value.kind == Kind::kNull ? nullptr : &each->value;
  }
  return nullptr;
}

YamlNode parse_yaml(std::string_view text, const YamlBounds& bounds) {
  if (text.size() > bounds.bytes) throw YamlError("the document is too large");
  Builder builder(bounds);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || !builder.root()) return {};
    return std::move(*builder.root());
  } catch (const YAML::Exception& error) {
    fail(error.msg, error.mark);
  }
}

}  // namespace tandem::codebuild
