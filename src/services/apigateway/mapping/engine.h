// Runs a template. One engine serves one rendering.
//
// Velocity behind API Gateway never shows null: a reference that leads nowhere, or to null, is an
// empty text wherever it stands (measured: it prints nothing, equals "" and equals $null; #if takes
// it for true, as it does every text).
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/apigateway/mapping/java_regex.h"
#include "services/apigateway/mapping/syntax.h"
#include "services/apigateway/mapping/value.h"

namespace tandem::apigateway::mapping {

/// Where names are looked up: one for each macro that is being called. Macros take their arguments
/// by name: an argument is evaluated where the macro was called, each time it is used.
struct Frame {
  Frame* outer = nullptr;
  std::unordered_map<std::string, Value> values;
  std::unordered_map<std::string, const Expression*> arguments;
};

class Engine {
 public:
  Engine(const Program& program, Heap& heap);

  void set(const std::string& name, Value value);
  /// Renders the program. Throws RenderError; offset() says where.
  std::string run();
  std::size_t offset() const { return offset_; }

  // For objects and methods.
  Heap& heap() { return heap_; }
  Budget& budget() { return heap_.budget(); }
  Patterns& patterns() { return patterns_; }
  /// What a value prints where it stands by itself.
  std::string print(const Value& value);
  /// Renders a #define's block in the frame it was made in.
  std::string render_block(const Block& block, Frame* frame);
  Value value_of(const Expression& expression);

 private:
  friend struct Renderer;
  enum class Flow { kNext, kBreak, kStop };

  Flow render(const Block& block, std::string& out);
  Flow go(const PlainText& text, std::string& out);
  Flow go(const Print& print, std::string& out);
  Flow go(const Set& set, std::string& out);
  Flow go(const If& branches, std::string& out);
  Flow go(const Foreach& loop, std::string& out);
  Flow go(const Define& define, std::string& out);
  Flow go(const Evaluate& evaluate, std::string& out);
  Flow go(const Call& call, std::string& out);
  Flow go(const Break&, std::string&) { return Flow::kBreak; }
  Flow go(const Stop&, std::string&) { return Flow::kStop; }
  Flow go(const Load& load, std::string& out);
  void write(std::string_view text, std::string& out);

  Value look_up(const std::string& name);
  void forget(const std::string& name);
  Value value_of(const Reference& reference);
  /// Null when it leads nowhere.
  Value step(const Value& from, const ReferenceStep& step);
  Value at_index(const Value& from, const Value& index);
  void assign(const Reference& target, Value value);
  void assign_step(const Value& into, const ReferenceStep& step, Value value);

  Value evaluate(const Constant& constant) { return constant.value; }
  Value evaluate(const Interpolated& text);
  Value evaluate(const Reference& reference) { return value_of(reference); }
  Value evaluate(const ListLiteral& list);
  Value evaluate(const MapLiteral& map);
  Value evaluate(const Range& range);
  Value evaluate(const Not& negation) { return !is_true(negation.operand.front()); }
  Value evaluate(const Parentheses& inside) { return value_of(inside.inside.front()); }
  Value evaluate(const Chain& chain);
  Value evaluate(const Word&) { return {}; }
  Value apply(Operator op, const Value& left, const Value& right);
  Value arithmetic(Operator op, const Value& left, const Value& right);
  bool is_equal(const Value& left, const Value& right);
  bool is_true(const Expression& expression);
  std::vector<Value> elements(const Value& over);

  /// Of macros, blocks and #evaluate within each other.
  class Called {
   public:
    explicit Called(Engine& engine);
    ~Called() { --engine_.calls_; }
    Called(const Called&) = delete;
    Called& operator=(const Called&) = delete;

   private:
    Engine& engine_;
  };

  const Program& program_;
  Heap& heap_;
  Patterns patterns_;
  std::deque<Frame> frames_;
  Frame* frame_;
  /// Declared by what #evaluate was given.
  Macros more_macros_;
  std::deque<Program> evaluated_;
  std::size_t calls_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace tandem::apigateway::mapping
