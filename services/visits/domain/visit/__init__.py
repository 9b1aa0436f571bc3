"""A visit to an enterprise, from its telling to its review.

    (nothing) --record--> Pending --accept--> Accepted
        |                 |  ^  |                |
        |            return  |  +--void--+       | return, void
        |                 v  | correct   v       |
        |              Returned --void-> Voided <+      evidence may be added in every state but Voided
        |                                ^
        +--hold--> Held --dismiss--------+
                    +--admit--> Pending

The enterprise may confirm or deny a visit in every state but Voided; a denied one does not count until a reviewer upholds it.
Visits are made by phone, questionnaire, on site or by video, alone or jointly for both lines (方案 四(一)3), by those who
answer for the enterprise on that day (方案 三(一), 五(一)); each leaves evidence (方案 四(一)5). After every change the
evidence rule is asked again, and its answer is a fact of its own when it is another one than before. Whoever told a visit
never reviews it. A visit is no inspection: nothing here knows of one (国办发〔2024〕54号).
"""
