#include "api.h"

#include <gtest/gtest.h>
#include <map>
#include <regex>

namespace todo {
namespace {

namespace json = boost::json;

class MapStore final : public TodoStore {
 public:
  void put(const Todo& todo) override {
    check();
    all[todo.id] = todo;
  }
  std::optional<Todo> get(const std::string& id) override {
    check();
    const auto found = all.find(id);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Todo> change(const std::string& id, const TodoChange& change,
                             std::int64_t now_ms) override {
    const auto found = all.find(id);
    if (found == all.end()) return std::nullopt;
    found->second.text = change.text;
    found->second.checked = change.checked;
    found->second.updated_at_ms = now_ms;
    return found->second;
  }
  bool remove(const std::string& id) override { return all.erase(id) == 1; }
  TodoPage list(std::size_t limit, const std::string& after) override {
    TodoPage page;
    for (auto each = all.upper_bound(after); each != all.end(); ++each) {
      if (page.todos.size() == std::min(limit, largest_page)) {
        page.next = page.todos.back().id;
        break;
      }
      page.todos.push_back(each->second);
    }
    return page;
  }
  bool healthy() override { return !broken; }

  std::map<std::string, Todo> all;
  std::size_t largest_page = SIZE_MAX;
  bool broken = false;

 private:
  void check() const {
    if (broken) throw StoreError(StoreError::Kind::kTemporary, "no answer");
  }
};

class ApiTest : public ::testing::Test {
 protected:
  struct Answer {
    int status;
    json::object headers;
    std::string body;
    std::string message() const {
      return json::value_to<std::string>(json::parse(body).at("message"));
    }
  };

  Answer call(std::string_view method, std::string_view path, json::value body = nullptr,
              json::object query = {}) {
    json::object event = {{"httpMethod", method}, {"resource", path}, {"body", body}};
    const std::size_t slash = path.rfind('/');
    if (slash > 0 && path != "/todos/health") {
      event["resource"] = "/todos/{id}";
      event["pathParameters"] = {{"id", path.substr(slash + 1)}};
    }
    if (!query.empty()) event["queryStringParameters"] = query;
    const json::object result = json::parse(api_.handle(json::serialize(event))).as_object();
    EXPECT_EQ(result.at("headers").at("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(result.at("headers").at("x-region"), "us-east-1");
    return {static_cast<int>(result.at("statusCode").as_int64()), result.at("headers").as_object(),
            json::value_to<std::string>(result.at("body"))};
  }

  MapStore store_;
  std::int64_t now_ms_ = 1'700'000'000'000;
  int ids_ = 0;
  Api api_{store_,
           "us-east-1",
           {[this] { return now_ms_; }, [this] { return "id" + std::to_string(++ids_); }}};
};

TEST_F(ApiTest, ATodosLife) {
  const Answer created = call("POST", "/todos", R"({"text":"write"})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body, R"({"id":"id1","text":"write","checked":false,"createdAt":1700000000000,)"
                          R"("updatedAt":1700000000000})");
  EXPECT_EQ(call("GET", "/todos/id1").body, created.body);
  now_ms_ += 5;
  const Answer changed = call("PUT", "/todos/id1", R"({"text":"read","checked":true})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body, R"({"id":"id1","text":"read","checked":true,"createdAt":1700000000000,)"
                          R"("updatedAt":1700000000005})");
  EXPECT_EQ(call("DELETE", "/todos/id1").status, 204);
  for (const char* method : {"GET", "DELETE"}) EXPECT_EQ(call(method, "/todos/id1").status, 404);
  EXPECT_EQ(call("PUT", "/todos/id1", R"({"text":"x","checked":true})").message(),
            "There is no todo with this id.");
}

TEST_F(ApiTest, InvalidInputIsNamed) {
  const auto why = [&](std::string_view method, std::string_view body) {
    const Answer answer =
        call(method, method == "POST" ? "/todos" : "/todos/id1", json::string(body));
    EXPECT_EQ(answer.status, 400) << body;
    return answer.message();
  };
  EXPECT_EQ(call("POST", "/todos").message(), "The request has no body.");
  EXPECT_EQ(why("POST", ""), "The request has no body.");
  EXPECT_EQ(why("POST", "{"), "The body is not valid JSON.");
  EXPECT_EQ(why("POST", "[]"), "The body is not a JSON object.");
  EXPECT_EQ(why("POST", "{}"), "text is required.");
  EXPECT_EQ(why("POST", R"({"text":7})"), "text must be a string.");
  EXPECT_EQ(why("POST", R"({"text":" \n"})"), "text must not be empty.");
  EXPECT_EQ(why("POST", R"({"text":")" + std::string(1001, 'x') + R"("})"),
            "text must not be longer than 1000 characters.");
  EXPECT_EQ(why("POST", R"({"text":"x","checked":"yes"})"), "checked must be true or false.");
  EXPECT_EQ(why("POST", std::string(100, '[')), "The body is not valid JSON.");
  EXPECT_EQ(why("PUT", R"({"text":"x"})"), "checked is required.");
  EXPECT_EQ(why("PUT", R"({"checked":true})"), "text is required.");
  EXPECT_TRUE(store_.all.empty());
}

TEST_F(ApiTest, TextLengthCountsCharacters) {
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "\xc3\xa4";
  EXPECT_EQ(call("POST", "/todos", json::string(R"({"text":")" + umlauts + R"("})")).status, 201);
}

TEST_F(ApiTest, ListFollowsEveryPageOrTheClientsOwn) {
  for (int i = 0; i < 5; ++i) call("POST", "/todos", R"({"text":"x"})");
  store_.largest_page = 2;
  const Answer all = call("GET", "/todos");
  EXPECT_EQ(json::parse(all.body).as_array().size(), 5u);
  EXPECT_FALSE(all.headers.contains("x-next"));
  const Answer first = call("GET", "/todos", nullptr, {{"limit", "2"}});
  EXPECT_EQ(json::parse(first.body).as_array().size(), 2u);
  const Answer second =
      call("GET", "/todos", nullptr, {{"limit", "10"}, {"next", first.headers.at("x-next")}});
  EXPECT_EQ(json::parse(second.body).at(0).at("id"), "id3");
  EXPECT_EQ(call("GET", "/todos", nullptr, {{"limit", "0"}}).message(),
            "limit must be a number from 1 to 1000.");
}

TEST_F(ApiTest, HealthSaysWhetherTheTableAnswersAndWritesNothing) {
  EXPECT_EQ(call("GET", "/todos/health").status, 200);
  store_.broken = true;
  EXPECT_EQ(call("GET", "/todos/health").status, 503);
  EXPECT_EQ(call("POST", "/todos", R"({"text":"x"})").status, 503);
  EXPECT_TRUE(store_.all.empty());
}

TEST_F(ApiTest, OptionsAndUnknownMethods) {
  for (const char* path : {"/todos", "/todos/id1", "/todos/health"}) {
    EXPECT_EQ(call("OPTIONS", path).status, 204);
    EXPECT_EQ(call("PATCH", path).status, 405);
  }
}

TEST(Uuid, IsVersionFour) {
  EXPECT_TRUE(std::regex_match(
      new_uuid(),
      std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  EXPECT_NE(new_uuid(), new_uuid());
}

// Lambda quotas: an answer has at most 6 MB. Every character of this text takes seven bytes there.
TEST_F(ApiTest, AListNeverOutgrowsAnAnswer) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = "id" + std::to_string(1'000 + i);
    store_.all[id] = {id, std::string(kTextCharacters, '\x01'), false, 1, 1};
  }
  for (const json::object& query : {json::object(), json::object{{"limit", "1000"}}}) {
    std::size_t seen = 0;
    std::string next;
    do {
      json::object event = {{"httpMethod", "GET"}, {"resource", "/todos"}};
      json::object with = query;
      if (!next.empty()) with["next"] = next;
      if (!with.empty()) event["queryStringParameters"] = with;
      const std::string result = api_.handle(json::serialize(event));
      ASSERT_LT(result.size(), 6'000'000u);
      const json::value answer = json::parse(result);
      ASSERT_EQ(answer.at("statusCode"), 200);
      seen += json::parse(answer.at("body").as_string()).as_array().size();
      const json::value* more = answer.at("headers").as_object().if_contains("x-next");
      next = more == nullptr ? "" : json::value_to<std::string>(*more);
    } while (!next.empty() && seen < 2'000);
    EXPECT_EQ(seen, 1'000u);
  }
}

}  // namespace
}  // namespace todo
