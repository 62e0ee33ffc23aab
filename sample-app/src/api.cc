#include "api.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <sys/random.h>

namespace todo {
namespace {

namespace json = boost::json;

constexpr std::size_t kScanPage = 1'000;
/// A Lambda answer may have 6 MB; API Gateway's 10 MB is more.
constexpr std::size_t kListBytes = 5'000'000;
constexpr std::size_t kIdBytes = 2'048;  // DynamoDB's limit for a hash key

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::optional<std::string> member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(view(value->as_string()));
}

std::optional<std::string> nested(const json::object& event, std::string_view object,
                                  std::string_view name) {
  const json::value* value = event.if_contains(json::string_view(object.data(), object.size()));
  if (value == nullptr || !value->is_object()) return std::nullopt;
  return member(value->as_object(), name);
}

}  // namespace

struct Api::Request {
  std::string method;
  std::string resource;  ///< "/todos/{id}"
  std::string id;
  std::optional<std::string> limit;
  std::string next;
  std::optional<std::string> body;
};

struct Api::Answer {
  int status = 200;
  std::string body;
  std::string next = {};
};

namespace {

template <class Answer>
Answer message(int status, std::string_view text) {
  return {status, json::serialize(json::object{{"message", text}})};
}

std::size_t parse_limit(const std::string& text) {
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit == 0 ||
      limit > kScanPage) {
    throw Invalid{"limit must be a number from 1 to " + std::to_string(kScanPage) + "."};
  }
  return limit;
}

/// Todos as a body, as many as an answer can hold. The body becomes a string in the answer's JSON,
/// which escapes it once more: that size counts.
class Listing {
 public:
  /// Says what to go on after: the page, or the last todo there was room for.
  std::string add(const TodoPage& page) {
    for (const Todo& todo : page.todos) {
      const std::string item = json::serialize(todo.to_json());
      const auto escaped =
          std::count_if(item.begin(), item.end(), [](char c) { return c == '"' || c == '\\'; });
      const std::size_t size = item.size() + static_cast<std::size_t>(escaped) + 1;
      if (size_ + size > kListBytes) {
        full_ = true;
        return last_;
      }
      size_ += size;
      if (body_.size() > 1) body_ += ',';
      body_ += item;
      last_ = todo.id;
    }
    return page.next;
  }
  std::size_t size() const { return size_; }
  bool full() const { return full_; }
  std::string take() { return std::move(body_) + "]"; }

 private:
  std::string body_ = "[";
  std::string last_;
  std::size_t size_ = 0;
  bool full_ = false;
};

std::string render(int status, const std::string& body, const std::string& next,
                   const std::string& region) {
  json::object headers = {{"Access-Control-Allow-Origin", "*"},
                          {"Access-Control-Allow-Methods", "GET,POST,PUT,DELETE,OPTIONS"},
                          {"Access-Control-Allow-Headers", "Content-Type,X-Api-Key"},
                          {"Access-Control-Expose-Headers", "x-region,x-next"},
                          {"x-region", region}};
  if (!body.empty()) headers["Content-Type"] = "application/json";
  if (!next.empty()) headers["x-next"] = next;
  return json::serialize(
      json::object{{"statusCode", status}, {"headers", std::move(headers)}, {"body", body}});
}

}  // namespace

Api::Api(TodoStore& store, std::string region, World world)
    : store_(store), region_(std::move(region)), world_(std::move(world)) {}

std::string Api::handle(std::string_view event) {
  const json::value parsed = json::parse(json::string_view(event.data(), event.size()));
  const json::object& object = parsed.as_object();
  Request request;
  request.method = member(object, "httpMethod").value_or("");
  request.resource = member(object, "resource").value_or("");
  request.id = nested(object, "pathParameters", "id").value_or("");
  request.limit = nested(object, "queryStringParameters", "limit");
  request.next = nested(object, "queryStringParameters", "next").value_or("");
  request.body = member(object, "body");
  const json::value* encoded = object.if_contains("isBase64Encoded");
  Answer answer;
  try {
    if (encoded != nullptr && encoded->is_bool() && encoded->as_bool()) {
      throw Invalid{"The body is not text."};
    }
    answer = route(request);
  } catch (const Invalid& invalid) {
    answer = message<Answer>(400, invalid.message);
  } catch (const StoreError& error) {
    std::fprintf(stderr, "%s %s: %s\n", request.method.c_str(), request.resource.c_str(),
                 error.what());
    answer = error.kind == StoreError::Kind::kTemporary
                 ? message<Answer>(503, "The table does not answer. Try again.")
                 : message<Answer>(500, "Internal error.");
  }
  return render(answer.status, answer.body, answer.next, region_);
}

Api::Answer Api::route(const Request& request) {
  if (request.method == "OPTIONS") return {204, ""};
  if (request.resource == "/todos/health") {
    return request.method == "GET" ? health() : message<Answer>(405, "Method not allowed.");
  }
  if (request.resource == "/todos") return on_collection(request);
  if (request.resource == "/todos/{id}") return on_item(request);
  return message<Answer>(404, "There is no such resource.");
}

Api::Answer Api::on_collection(const Request& request) {
  if (request.method == "POST") return create(request);
  if (request.method == "GET") return list(request);
  return message<Answer>(405, "Method not allowed.");
}

Api::Answer Api::create(const Request& request) {
  const NewTodo given = parse_new_todo(request.body);
  Todo todo;
  todo.id = world_.new_id();
  todo.text = given.text;
  todo.checked = given.checked;
  todo.created_at_ms = todo.updated_at_ms = world_.now_ms();
  store_.put(todo);
  return {201, json::serialize(todo.to_json())};
}

Api::Answer Api::list(const Request& request) {
  if (!request.limit && request.next.empty()) return list_all();
  if (request.next.size() > kIdBytes) throw Invalid{"next is not from an earlier answer."};
  const std::size_t limit = request.limit ? parse_limit(*request.limit) : kScanPage;
  Listing listing;
  const std::string next = listing.add(store_.list(limit, request.next));
  return {200, listing.take(), next};
}

/// Every page of the scan, as far as one answer can hold it.
Api::Answer Api::list_all() {
  Listing listing;
  std::string after;
  do {
    after = listing.add(store_.list(kScanPage, after));
  } while (!after.empty() && !listing.full() && listing.size() < kListBytes / 2);
  return {200, listing.take(), after};
}

Api::Answer Api::on_item(const Request& request) {
  const auto unknown = [] { return message<Answer>(404, "There is no todo with this id."); };
  if (request.id.empty() || request.id.size() > kIdBytes) return unknown();
  if (request.method == "GET") {
    const auto todo = store_.get(request.id);
    return todo ? Answer{200, json::serialize(todo->to_json())} : unknown();
  }
  if (request.method == "PUT") {
    const TodoChange change = parse_todo_change(request.body);
    const auto todo = store_.change(request.id, change, world_.now_ms());
    return todo ? Answer{200, json::serialize(todo->to_json())} : unknown();
  }
  if (request.method == "DELETE") return store_.remove(request.id) ? Answer{204, ""} : unknown();
  return message<Answer>(405, "Method not allowed.");
}

Api::Answer Api::health() {
  if (store_.healthy()) {
    return {200, json::serialize(json::object{{"status", "healthy"}, {"region", region_}})};
  }
  return message<Answer>(503, "The table of this region does not answer.");
}

std::string new_uuid() {
  std::array<unsigned char, 16> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw StoreError(StoreError::Kind::kTemporary, "getrandom");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::int64_t system_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace todo
